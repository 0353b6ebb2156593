import type { DeviceKey } from "../crypto/device-key.ts";
import type { Pulled } from "../export/plan.ts";
import type { Undo, UndoJournal } from "../journal/undo-journal.ts";
import type { LayeredItem } from "../select/layers.ts";
import type { Selection } from "../select/selection.ts";
import type { EncryptedVariable } from "../stash/variables.ts";

/** A key, access for it, and the ciphertext: from the service, or from a key broker. */
export interface Obtained {
  key: DeviceKey;
  keyDirectory: string;
  device: Pulled["device"];
  /** every variable of all environments, merged */
  stored: Map<string, LayeredItem<EncryptedVariable>>;
  selected: Selection;
  /** by environment */
  deks: Map<string, Buffer>;
  /** of the environments, as far as they are known */
  types: string[];
}

/** How a session notes what has to be undone. */
export interface Recording {
  /** Called before each side effect, so that none follows a cancellation. */
  record(part: Partial<Undo>): void;
  /** for what has happened already, which is noted after a cancellation as well */
  journal: Pick<UndoJournal, "record">;
}
