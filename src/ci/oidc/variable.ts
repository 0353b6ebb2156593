import { StashError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { IdTokens } from "../host.ts";

/**
 * The token that the system hands over as a variable, for an audience that the pipeline's text names: GitLab's `id_tokens`, and any shell. Its
 * audience is compared before it goes anywhere: whoever could change the broker's address, and not the token, would otherwise get it.
 *
 * @param remedy what makes the system hand one over
 */
export function tokenOfVariable(idToken: string, remedy: string): IdTokens {
  const findFault = () =>
    idToken === ""
      ? new StashError(
          "ID_TOKEN_MISSING",
          `This job has no OIDC token for the key broker (id-token is empty). ${remedy}`,
        )
      : undefined;
  return {
    namesAudience: false,
    findFault,
    request: async (audience) => {
      const fault = findFault();
      if (fault !== undefined) throw fault;
      const found = audienceOf(idToken);
      if (found === audience) return idToken;
      throw new StashError(
        "AUDIENCE_REFUSED",
        `The job's OIDC token was not sent to the key broker, because it is for ${found === undefined ? "no single address" : printable(found, 255)}, and ` +
          `broker-url is ${printable(audience, 255)}. Both have to be the same text; on GitLab, that is aud in id_tokens.`,
      );
    },
  };
}

/** Whom a token is for; `undefined` if that is nobody, several, or cannot be read. The broker verifies the rest. */
function audienceOf(token: string): string | undefined {
  try {
    const { aud } = Object(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")));
    const [only, ...others] = Array.isArray(aud) ? aud : [aud];
    return typeof only === "string" && others.length === 0 ? only : undefined;
  } catch {
    return undefined;
  }
}
