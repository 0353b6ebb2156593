import * as v from "valibot";
import type { StateStore } from "../ci/host.ts";
import { StashError } from "../lib/errors.ts";
import { envFileRecords } from "./env-file-record.ts";

const STATE = "undo";

const undoSchema = v.object({
  keyDirectory: v.optional(v.string()),
  /** the service with which the key is registered: later steps can change the environment that the inputs come from */
  apiUrl: v.optional(v.string()),
  /** of a key that may be registered, saved before the request whose answer tells its id */
  fingerprint: v.optional(v.string()),
  deviceKeyId: v.optional(v.number()),
  expiresAt: v.optional(v.string()),
  envFiles: v.optional(envFileRecords),
  /** whether values were handed out, which may have got into files */
  isPulled: v.optional(v.boolean()),
  /** whether the env files stay as they were written */
  keepEnvFiles: v.optional(v.boolean()),
});

/** What the end of the session must undo: names and places, never a key, a token or a value, because the state file is plain text. */
export type Undo = v.InferOutput<typeof undoSchema>;

/** Keeps track of what must be undone, in memory for this process and in the state for the post step. */
export interface UndoJournal {
  readonly undo: Undo;
  /**
   * Adds to the journal, which is saved when this returns. Call it before the side effect, or at it; never after it.
   *
   * @throws {StashError} `STATE_FAILED`
   */
  record(part: Partial<Undo>): void;
  /** Everything is undone: the post step finds nothing to do. */
  close(): void;
}

export function openUndoJournal(state: StateStore): UndoJournal {
  const undo: Undo = {};
  return {
    undo,
    record: (part) => state.save(STATE, JSON.stringify(Object.assign(undo, part))),
    close: () => {
      try {
        state.save(STATE, "");
      } catch {
        // Post then undoes everything once more, which changes nothing. The error that led here is the one to report.
      }
    },
  };
}

/** Whether an earlier stage or command left something to undo, readable or not. */
export function hasUndo(state: Pick<StateStore, "read">): boolean {
  return state.read(STATE) !== "";
}

/**
 * Reads what an earlier stage or command left to undo; `undefined` if there is nothing.
 *
 * @throws {StashError} `STATE_FAILED`
 */
export function readUndo(state: Pick<StateStore, "read">): Undo | undefined {
  const saved = state.read(STATE);
  if (saved === "") return undefined;
  try {
    return v.parse(undoSchema, JSON.parse(saved));
  } catch (cause) {
    throw new StashError(
      "STATE_FAILED",
      "What main saved for clean-up cannot be read. A key directory (secret-stash-tmp-…) may be left in the runner's temp directory. " +
        "Delete it. Its key expires when its TTL is over.",
      { cause },
    );
  }
}
