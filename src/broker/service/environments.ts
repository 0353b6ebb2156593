import { dekFingerprint } from "../../crypto/dek-fingerprint.ts";
import { openEnvelope } from "../../crypto/envelope.ts";
import { StashError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { settleAll } from "../../lib/settle-all.ts";
import { within } from "../../stash/connect.ts";
import { findEnvelope } from "../../stash/envelopes.ts";
import { listEnvironments } from "../../stash/environments.ts";
import type { Service } from "../../stash/service.ts";
import { isTransientFailure } from "../../stash/transient.ts";
import { listVariables } from "../../stash/variables.ts";
import { BrokerError } from "../broker-error.ts";
import type { Ciphertext } from "../grants/wrap.ts";
import { pinName } from "../policy/config.ts";
import type { Account } from "./account.ts";

/** Which environment: of which application, under which slug. */
export interface EnvironmentPlace {
  application: string;
  slug: string;
}

/** One environment as the service has it, and what opens it. */
export interface OpenedEnvironment {
  type: string;
  variables: Ciphertext;
  /** 32 bytes, held in memory for as long as the ciphertext is */
  dek: Buffer;
  fingerprint: string;
}

export interface Environments {
  /** @throws {BrokerError} `service_unavailable`, `service_refused`, `dek_refused` */
  open(place: EnvironmentPlace): Promise<OpenedEnvironment>;
}

interface Entry {
  opened: Promise<OpenedEnvironment>;
  /** the envelope that was opened: opening one takes three milliseconds, and it seldom changes */
  envelope: string;
  /** when the answer came; nothing while it is on its way */
  fetchedAt: number | undefined;
}

const TYPES_SECONDS = 600;
const SECONDS = 8;

/**
 * Fetches environments for many jobs at once.
 *
 * 1. Whoever asks while an answer is on its way gets that answer.
 * 2. An answer is used again for `cacheSeconds`.
 * 3. Failures are not cached.
 *
 * @param now seconds; a clock that only goes forward
 * @param checkPin refuses a DEK that is not the pinned one; throws a BrokerError
 * @param tell for whoever runs the broker: why the service could not be asked
 */
export function createEnvironments(
  account: Account,
  cacheSeconds: () => number,
  now: () => number,
  checkPin: (name: string, fingerprint: string) => Promise<void>,
  tell: (message: string) => void,
): Environments {
  const entries = new Map<string, Entry>();
  const types = new Map<string, { slugs: Promise<Map<string, string>>; askedAt: number }>();

  const typesOf = (service: Service, application: string) => {
    const known = types.get(application);
    if (known !== undefined && now() - known.askedAt < TYPES_SECONDS) return known.slugs;
    const slugs = listEnvironments(service, application).then(
      (list) => new Map(list.map(({ slug, type }) => [slug, type])),
    );
    types.set(application, { slugs, askedAt: now() });
    slugs.catch(() => types.delete(application));
    return slugs;
  };

  const fetch = async (place: EnvironmentPlace, earlier: Entry | undefined, entry: Entry) => {
    const { application, slug } = place;
    const service = within(account.service, SECONDS);
    const name = pinName(place);
    const [variables, envelope, slugs] = await settleAll(
      listVariables(service, name),
      findEnvelope(service, name, account.keyId),
      typesOf(service, application),
    );
    if (envelope === undefined) {
      throw new BrokerError(
        "service_refused",
        `The broker's own key has no access to ${printable(name)}. Whoever runs the broker has to give it access (docs/broker.md).`,
      );
    }
    entry.envelope = JSON.stringify(envelope);
    const isSame = earlier?.envelope === entry.envelope;
    const dek = isSame ? (await earlier.opened).dek : openEnvelope(envelope, account.privateKey);
    entry.fetchedAt = now();
    return { type: slugs.get(slug) ?? "", variables, dek, fingerprint: dekFingerprint(dek) };
  };
  const find = (place: EnvironmentPlace): Promise<OpenedEnvironment> => {
    const name = pinName(place);
    const known = entries.get(name);
    const isFresh = known && (known.fetchedAt === undefined || now() - known.fetchedAt < cacheSeconds());
    if (isFresh) return known.opened; // 1, 2
    const entry: Entry = { opened: nothingYet, envelope: "", fetchedAt: undefined };
    const earlier = known?.fetchedAt === undefined ? undefined : known;
    entry.opened = fetch(place, earlier, entry).catch((error: unknown) => {
      if (entries.get(name) === entry) entries.delete(name); // 3
      throw translate(error, name, tell);
    });
    entries.set(name, entry);
    return entry.opened;
  };

  return {
    open: async (place) => {
      const opened = await find(place);
      await checkPin(pinName(place), opened.fingerprint); // each time, because the policy may have a new pin
      return opened;
    },
  };
}

const nothingYet = new Promise<never>(() => {}); // for the moment until the entry has its answer to wait for

/** What the job may know of a fault of the service; whoever runs the broker is told all of it. */
export function translate(error: unknown, name: string, tell: (message: string) => void): unknown {
  if (!(error instanceof StashError)) return error;
  tell(`${name}: ${error.code}: ${error.message}`);
  const isTransient = isTransientFailure(error);
  return new BrokerError(
    isTransient ? "service_unavailable" : "service_refused",
    `The broker cannot get ${printable(name)} from SecretStash${isTransient ? " now" : ""} (${error.code}). Its log says why.`,
    { cause: error },
  );
}
