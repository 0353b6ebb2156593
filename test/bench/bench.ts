import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { generateKeys } from "../stash-server/owner.ts";
import { startAccount } from "./account.ts";
import { benchBroker } from "./broker.ts";
import { benchLeakCheck } from "./leak-check.ts";
import { benchManyCertificates } from "./many-certificates.ts";
import { benchMasks, tableOfMasks } from "./masks.ts";
import { benchRedactor, claimsOfRedactor, tableOfRedactor } from "./redactor.ts";
import { tableOfClaims, tableOfTimes } from "./report.ts";
import { benchScale } from "./scale.ts";
import { benchStages } from "./stages.ts";
import { type Figures, writeFigures } from "./write-figures.ts";

// Claims are ratios, taken side by side in one run. `--quick` runs fewer rounds; only a full run is written to docs/.

const { values: flags } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const rounds = flags.quick
  ? { stages: 4, scale: 2, search: 2, load: { grants: 1000, burst: 200, rounds: 3 } }
  : { stages: 30, scale: 5, search: 5, load: { grants: 10_000, burst: 1000, rounds: 15 } };

const folder = mkdtempSync(join(tmpdir(), "bench-"));
try {
  const [ownerKeys, grantKeys] = await Promise.all([generateKeys(), generateKeys()]);
  const keys = { ownerKeys, grantKeys };
  const hundred = await startAccount(folder, 100, 40, keys);
  const stages = await benchStages(folder, hundred, rounds.stages);
  const broker = await benchBroker(folder, hundred, grantKeys, rounds.load);
  await hundred.server.close();
  const scale = await benchScale(folder, rounds.scale, keys);
  const leakCheck = benchLeakCheck(folder, rounds.search);
  const redactor = benchRedactor(folder, rounds.search, 200);
  const certificates = benchManyCertificates(folder, rounds.search);
  const claims = [
    ...stages.claims,
    ...broker.claims,
    ...scale,
    ...leakCheck,
    ...claimsOfRedactor(redactor ?? []),
    ...certificates,
  ];
  const masks = benchMasks();
  const figures: Figures = {
    claims,
    times: new Map([...stages.times, ...broker.times]),
    masks,
    redactor: redactor ?? [],
  };
  console.log(
    tableOfClaims(claims),
    tableOfTimes(figures.times),
    tableOfMasks(masks),
    tableOfRedactor(figures.redactor),
  );
  if (redactor === undefined)
    console.log("Left out: what is measured beside ripgrep, which is not installed.");
  if (!flags.quick) writeFigures(figures);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
