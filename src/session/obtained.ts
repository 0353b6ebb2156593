import type { DeviceKey } from "../crypto/device-key.ts";
import type { Pulled } from "../export/plan.ts";
import type { Undo } from "../journal/undo-journal.ts";
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

/** Adds to the journal. Called before each side effect, so that none follows a cancellation. */
export type Record = (part: Partial<Undo>) => void;
