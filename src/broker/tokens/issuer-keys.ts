import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import * as v from "valibot";
import { BrokerError } from "../broker-error.ts";
import type { Issuer } from "../policy/config.ts";

// Times in seconds. A token with an unknown key asks for the keys again, and anybody can send such tokens, so that is limited whether it
// succeeds or not. Known keys are used while the issuer does not answer, but not for ever: it may have withdrawn one.
const REFRESH = 600;
const LEAST_BETWEEN = 30;
const MOST_WITHOUT_ANSWER = 3600;
const MOST_KEYS = 100;

const discovery = v.object({ issuer: v.string(), jwks_uri: v.string() });
const jwks = v.object({
  keys: v.pipe(
    v.array(
      v.looseObject({
        kty: v.string(),
        kid: v.optional(v.string()),
        use: v.optional(v.string()),
        alg: v.optional(v.string()),
      }),
    ),
    v.maxLength(MOST_KEYS),
  ),
});

interface Known {
  keys: ReadonlyMap<string, KeyObject>;
  fetchedAt: number;
}

interface State {
  known: Known | undefined;
  askedAt: number;
  /** what is on its way, for all who ask at once */
  pending: Promise<void> | undefined;
  lastFailure: string;
}

export interface IssuerKeys {
  /** @throws {BrokerError} `token_invalid` if the issuer has no such key, `issuer_unavailable` if that cannot be told now */
  find(name: string, kid: string): Promise<KeyObject>;
  /** Asks every issuer whose keys are old, for a timer. Never throws. */
  refresh(): Promise<void>;
  /** Takes the issuers of a new policy. What is known of those that have not changed stays known. */
  replace(issuers: ReadonlyMap<string, Issuer>): void;
  /** Seconds since the keys of each issuer were fetched; undefined if they never were. */
  ages(): Map<string, number | undefined>;
}

/**
 * The keys that the issuers publish.
 *
 * 1. A known key is used, if the keys are not too old.
 * 2. For an unknown one, the keys are fetched, at most once in 30 s; whoever asks meanwhile waits for the same answer.
 * 3. What cannot be fetched leaves what is known as it is.
 *
 * @param fetchJson see `capped-fetch.ts`
 * @param now seconds; a clock that only goes forward
 */
export function createIssuerKeys(
  first: ReadonlyMap<string, Issuer>,
  fetchJson: (url: string) => Promise<unknown>,
  now: () => number,
): IssuerKeys {
  let issuers = first;
  const newState = (): State => ({
    known: undefined,
    askedAt: Number.NEGATIVE_INFINITY,
    pending: undefined,
    lastFailure: "they were not fetched yet",
  });
  let states = new Map(Array.from(first.keys(), (name) => [name, newState()]));
  const stateOf = (name: string) => states.get(name) as State;

  /** @returns whether this call brought new keys */
  const ask = async (name: string): Promise<boolean> => {
    const state = stateOf(name);
    const before = state.known;
    if (state.pending === undefined && now() - state.askedAt < LEAST_BETWEEN) return false;
    await (state.pending ?? begin(name, state));
    return state.known !== before;
  };
  const begin = (name: string, state: State): Promise<void> => {
    state.askedAt = now();
    state.pending = fetchKeys(issuers.get(name) as Issuer, fetchJson)
      .then(
        (keys) => {
          state.known = { keys, fetchedAt: now() };
        },
        (error: unknown) => {
          state.lastFailure = error instanceof Error ? error.message : "there was no answer"; // 3
        },
      )
      .finally(() => {
        state.pending = undefined;
      });
    return state.pending;
  };
  const usable = ({ known }: State) =>
    known !== undefined && now() - known.fetchedAt <= MOST_WITHOUT_ANSWER ? known.keys : undefined;

  return {
    find: async (name, kid) => {
      const state = stateOf(name);
      const found = usable(state)?.get(kid); // 1
      if (found !== undefined) return found;
      const hasAnswered = await ask(name); // 2
      const keys = usable(state);
      const key = keys?.get(kid);
      if (key !== undefined) return key;
      if (keys !== undefined && !hasAnswered)
        throw new BrokerError(
          "issuer_unavailable",
          `Issuer ${name} had no key of this name (kid) when it last answered, and is asked once in ${LEAST_BETWEEN} s. Try again.`,
        );
      if (keys !== undefined)
        throw new BrokerError(
          "token_invalid",
          "The token is not accepted, because its issuer has no such key (kid).",
        );
      throw new BrokerError(
        "issuer_unavailable",
        `The broker cannot fetch the keys of issuer ${name}: ${state.lastFailure}. Try again.`,
      );
    },
    refresh: async () => {
      const old = [...states].filter(
        ([, { known }]) => known === undefined || now() - known.fetchedAt >= REFRESH,
      );
      await Promise.all(old.map(([name]) => ask(name)));
    },
    replace: (next) => {
      const isSame = (name: string) => JSON.stringify(issuers.get(name)) === JSON.stringify(next.get(name));
      states = new Map(
        Array.from(next.keys(), (name) => [name, (isSame(name) && states.get(name)) || newState()]),
      );
      issuers = next;
    },
    ages: () =>
      new Map(
        Array.from(states, ([name, { known }]) => [
          name,
          known === undefined ? undefined : now() - known.fetchedAt,
        ]),
      ),
  };
}

async function fetchKeys(
  { url, jwksUrl }: Issuer,
  fetchJson: (url: string) => Promise<unknown>,
): Promise<Map<string, KeyObject>> {
  const address = jwksUrl ?? (await discover(url, fetchJson));
  const { success, output } = v.safeParse(jwks, await fetchJson(address));
  if (!success) throw new Error("the answer is no set of keys");
  const keys = new Map<string, KeyObject>();
  for (const { kid, use = "sig", alg = "RS256", ...jwk } of output.keys) {
    if (kid === undefined || use !== "sig" || alg !== "RS256" || jwk.kty !== "RSA") continue;
    if (keys.has(kid)) throw new Error("two keys have one name (kid)");
    const key = readKey(jwk as JsonWebKey);
    if (key !== undefined) keys.set(kid, key);
  }
  if (keys.size === 0) throw new Error("it has no RSA key");
  return keys;
}

/** OpenID Connect Discovery 1.0, sections 4 and 4.3: the answer is about this issuer. Its keys are on the same host, or it is not believed. */
async function discover(url: string, fetchJson: (url: string) => Promise<unknown>): Promise<string> {
  const { success, output } = v.safeParse(
    discovery,
    await fetchJson(`${url}/.well-known/openid-configuration`),
  );
  if (!success) throw new Error("the discovery document has no issuer or jwks_uri");
  if (output.issuer !== url) throw new Error("the discovery document is about another issuer");
  if (!URL.canParse(output.jwks_uri) || new URL(output.jwks_uri).origin !== new URL(url).origin) {
    throw new Error("the keys are on another host. Set jwks-url if that is right");
  }
  return output.jwks_uri;
}

/** A public RSA key of at least 2048 bits (RFC 7518, section 3.3), with an exponent that is not small (NIST SP 800-56B, section 6.2). */
function readKey({ n, e, kty }: JsonWebKey): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: { kty, n, e } as JsonWebKey, format: "jwk" });
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    return modulusLength >= 2048 && publicExponent >= 65_537n ? key : undefined;
  } catch {
    return undefined;
  }
}
