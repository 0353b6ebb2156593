import * as v from "valibot";
import { StashError } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import { envFilesSchema } from "./env-file-note.ts";

export const STATE = "undo";

const undoSchema = v.object({
  keyDirectory: v.optional(v.string()),
  /** the service that the key is registered with: later steps can change the environment that the inputs come from */
  apiUrl: v.optional(v.string()),
  /** of a key that may be registered: saved before the request whose answer tells its id */
  fingerprint: v.optional(v.string()),
  deviceKeyId: v.optional(v.number()),
  expiresAt: v.optional(v.string()),
  envFiles: v.optional(envFilesSchema),
  /** values were handed out, and may have got into files */
  isPulled: v.optional(v.boolean()),
  /** the env files stay as written */
  keepEnvFiles: v.optional(v.boolean()),
});

/** What post must undo. It holds names and places, never a key, a token or a value: the state file is plain text. */
export type Undo = v.InferOutput<typeof undoSchema>;

/** Keeps track of what is to be undone, in memory for this process and in the state for post. */
export interface UndoLog {
  readonly undo: Undo;
  /** Saved before it returns: call it before or at the side effect, never after. */
  remember(part: Partial<Undo>): void;
  /** All is undone: post finds nothing to do. */
  forget(): void;
}

export function createUndoLog(host: Host): UndoLog {
  const undo: Undo = {};
  return {
    undo,
    remember: (part) => {
      // Every side effect is remembered first, so that after a cancellation there is no further one.
      if (host.cancelled.aborted) throw cancelled();
      host.saveState(STATE, JSON.stringify(Object.assign(undo, part)));
    },
    forget: () => {
      try {
        host.saveState(STATE, "");
      } catch {
        // Post undoes it once more, which changes nothing; the error that led here is the one to report.
      }
    },
  };
}

export function cancelled(): StashError {
  return new StashError("CANCELLED", "The job was cancelled. Nothing was exported.");
}

/**
 * What an earlier stage left to undo; `undefined` when there is nothing.
 *
 * @throws {StashError} `STATE_FAILED`
 */
export function readUndo(host: Host): Undo | undefined {
  return undoOf(host.readState(STATE));
}

/** The state as it was saved. Throws as `readUndo` does. */
export function undoOf(state: string): Undo | undefined {
  if (state === "") return undefined;
  try {
    return v.parse(undoSchema, JSON.parse(state));
  } catch (cause) {
    throw new StashError(
      "STATE_FAILED",
      "What main saved for clean-up cannot be read. A key directory (secret-stash-tmp-…) may be left in the runner's temp " +
        "directory; delete it. Its key expires by its TTL.",
      { cause },
    );
  }
}
