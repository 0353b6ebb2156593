import * as v from "valibot";
import type { StateStore } from "../ci/host.ts";
import { seal, sealKeyOf, unseal } from "../crypto/seal.ts";
import { StashError } from "../lib/errors.ts";
import { writtenFileRecords } from "./written-file.ts";

const STATE = "undo";

// It becomes an environment variable of post, and Linux starts no process with one over 128 KiB (execve(2)).
const MAX_STATE = 96 * 1024;

const openPart = {
  /** whether a key broker may have granted something, and its answer was lost */
  isGrantUncertain: v.optional(v.boolean()),
  /** the path of the key directory; only its last part is ever used */
  keyDirectory: v.optional(v.string()),
  /** of a key that may be registered, saved before the request whose answer tells its id */
  fingerprint: v.optional(v.string()),
  deviceKeyId: v.optional(v.number()),
  expiresAt: v.optional(v.string()),
  envFiles: v.optional(writtenFileRecords),
  /** when the session began, in milliseconds since 1970 by the clock of the file system */
  startedAt: v.optional(v.number()),
  /** whether values were handed out, which may have got into files */
  isPulled: v.optional(v.boolean()),
  /** whether the env files stay as they were written */
  keepEnvFiles: v.optional(v.boolean()),
  /** the input `leak-ignore`, for a later command that is not given it again */
  leakIgnore: v.optional(v.string()),
  /** whether a masked value is so short that it would break addresses and dates in messages */
  masksDetails: v.optional(v.boolean()),
  /** SHA-256 of the file with the values that are kept for post, in hex */
  keptHash: v.optional(v.string()),
};

const secretPart = {
  /** the origin that has seen the token; a later stage sends it to no other */
  origin: v.optional(v.string()),
  /** the proxy settings, which can hold a password, and what identifies the trusted authorities */
  network: v.optional(
    v.object({ proxies: v.record(v.string(), v.string()), caFile: v.string(), inherited: v.string() }),
  ),
  /** what ends the grant of a key broker */
  grant: v.optional(v.object({ id: v.string(), release: v.string() })),
  /** opens the values that are kept for post; base64. Absent where later commands of the job need the values as well */
  keptKey: v.optional(v.string()),
};

const openSchema = v.object(openPart);
const secretSchema = v.object(secretPart);

type OpenUndo = v.InferOutput<typeof openSchema>;

/** What the end of the session must undo: names and places, never a token or a value. */
export type Undo = OpenUndo & v.InferOutput<typeof secretSchema>;

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

/**
 * Opens the journal, and saves it at once: where nothing is saved, GitHub shows a stage what another step named `STATE_undo`.
 *
 * The command of `run` can write to the file that the state is saved in, and read it. So the state is sealed with the token, which only the
 * stages of this step hold (docs/decisions/0015).
 *
 * @param secret what the stages share: see `ci/stage-secret.ts`
 * @throws {StashError} `STATE_FAILED`
 */
export function openUndoJournal(
  state: StateStore,
  secret: string,
  start: Pick<Undo, "origin" | "network">,
): UndoJournal {
  const undo: Undo = {};
  const key = sealKeyOf(secret);
  const record = (part: Partial<Undo>) => {
    const { origin, network, grant, keptKey, ...open } = Object.assign(undo, part);
    const sealed = seal(contextOf(state, open), JSON.stringify({ origin, network, grant, keptKey }), key);
    const text = JSON.stringify({ ...open, seal: sealed });
    if (text.length > MAX_STATE) throw tooLarge();
    state.save(STATE, text);
  };
  record(start);
  return {
    undo,
    record,
    close: () => {
      try {
        state.save(STATE, "");
      } catch {
        // Post then undoes everything once more, which changes nothing. The error that led here is the one to report.
      }
    },
  };
}

function tooLarge(): StashError {
  return new StashError(
    "STATE_FAILED",
    "The list of things that the post step must clean up is too large to be handed to it. There are very many env files, or the proxy " +
      "settings in the environment (NO_PROXY) are very long. Shorten them. Nothing was exported.",
  );
}

/** The part that anybody can read, bound to this run: the state of another run or another session is not taken for ours. */
function contextOf({ scope }: StateStore, open: object): string {
  return `${STATE} ${scope}\n${JSON.stringify(open)}`;
}

/** Leaves nothing to undo for a later stage, as long as this one has not begun anything. */
export function forgetUndo(state: Pick<StateStore, "save">): void {
  state.save(STATE, "");
}

/** Whether an earlier stage or command left something to undo, readable or not. */
export function hasUndo(state: Pick<StateStore, "read">): boolean {
  try {
    return state.read(STATE) !== "";
  } catch {
    return true;
  }
}

/** What an earlier stage or command left to undo. */
export interface SavedUndo {
  undo: Undo;
  /** whether it is certain that we saved it. If not, nothing in it may be acted on but the name of the key directory, which is checked */
  isSealed: boolean;
}

/**
 * Reads what an earlier stage or command left to undo; `undefined` if there is nothing.
 *
 * @param shared what the stages share; empty if this process was given none: then the seal cannot be checked
 * @throws {StashError} `STATE_FAILED` if it cannot be read, or was not sealed with this
 */
export function readUndo(state: StateStore, shared: string): SavedUndo | undefined {
  try {
    const saved = state.read(STATE);
    if (saved === "") return undefined;
    const { seal: sealed, ...read } = Object(JSON.parse(saved));
    const open = v.parse(openSchema, read);
    if (shared === "") return { undo: open, isSealed: false };
    const secret = unseal(contextOf(state, read), String(sealed), sealKeyOf(shared));
    if (secret === undefined) throw new TypeError("not sealed with this token");
    return { undo: { ...open, ...v.parse(secretSchema, JSON.parse(secret)) }, isSealed: true };
  } catch (cause) {
    throw new StashError(
      "STATE_FAILED",
      "The list of things to clean up is not one that main saved with this api-token, so nothing in it was touched. Another step may have " +
        "written it, or api-token or broker-url is another one than main had. A key directory (secret-stash-tmp-…) may be left in the runner's temp " +
        "directory; the next job removes it. Its key expires when its TTL is over.",
      { cause },
    );
  }
}
