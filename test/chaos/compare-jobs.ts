import { allCells, compare, matrixVariables, shells } from "../gitlab/matrix.ts";
import { scripts } from "../gitlab/scripts.ts";
import { wrapperForms } from "../gitlab/wrapper.ts";
import type { KeyPair } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";

export interface Comparison {
  jobs: number;
  scripts: number;
  shells: number;
  wrappers: number;
  /** scripts whose difference is documented, as they say themselves */
  documented: number;
  differences: string[];
}

/** Runs every script in every shell under every wrapper, with the GitLab component and without. */
export async function compareJobs(keys: { ownerKeys: KeyPair; grantKeys: KeyPair }): Promise<Comparison> {
  const server = await startStashServer({ requestsPerMinute: 1_000_000 });
  try {
    const account = seedAccount(server.store, {
      ...{ environment: "ci", type: "testing", variables: matrixVariables },
      ...keys,
    });
    const environment = {
      SECRET_STASH_API_URL: server.url,
      SECRET_STASH_API_TOKEN: account.apiToken,
      SECRET_STASH_APPLICATION_ID: account.applicationId,
      SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${keys.grantKeys.privateKey}`,
    };
    const cells = allCells();
    const left = [...cells];
    const differences: string[] = [];
    const work = async () => {
      for (let cell = left.shift(); cell !== undefined; cell = left.shift()) {
        for (const difference of await compare(cell, environment)) {
          differences.push(`${cell.script.name}, ${cell.shell}, ${cell.form}: ${difference}`);
        }
      }
    };
    await Promise.all([work(), work(), work()]);
    return {
      jobs: cells.length,
      scripts: scripts.length,
      shells: shells.length,
      wrappers: wrapperForms.length,
      documented: scripts.filter(({ differs }) => differs !== undefined).length,
      differences,
    };
  } finally {
    await server.close();
  }
}
