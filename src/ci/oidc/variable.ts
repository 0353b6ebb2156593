import { StashError } from "../../lib/errors.ts";
import type { IdTokens } from "../host.ts";

/**
 * The token that the system hands over as a variable, for an audience that the pipeline's text names: GitLab's `id_tokens`, and any shell.
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
    request: async () => {
      const fault = findFault();
      if (fault !== undefined) throw fault;
      return idToken;
    },
  };
}
