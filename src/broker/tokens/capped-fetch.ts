import { systemCode } from "../../lib/errors.ts";

const TIMEOUT_MS = 4000; // Discovery and keys are two requests, and a job waits ten seconds.
const MAX_BYTES = 256 * 1024;

/**
 * Gets a small JSON document from a configured address: no redirect is followed, and no more is read than an issuer's keys can be.
 *
 * @throws {Error} that says why, without anything of the answer
 */
export async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: "manual",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new Error(`there was no answer (${systemCode((cause as Error).cause ?? cause)})`, { cause });
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the answer was ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES / 1024} KiB`); // leaving the loop cancels the body
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Error("the answer is not JSON");
  }
}
