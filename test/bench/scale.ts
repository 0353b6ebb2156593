import { spawnSync } from "node:child_process";
import { createDecipheriv, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decryptPayload, keyOfDek } from "../../src/crypto/payload.ts";
import { encryptValue, type KeyPair } from "../stash-server/owner.ts";
import { type BenchAccount, startAccount } from "./account.ts";
import type { Claim } from "./report.ts";
import { median, takeTurns, timeOf } from "./timing.ts";

const FEW = 100;
const MANY = 10_000;
const KEY_MS = 2500; // what pre's process is given for a key before main is timed

/** 10,000 variables against 100: time, decryption and memory. */
export async function benchScale(
  folder: string,
  rounds: number,
  keys: { ownerKeys: KeyPair; grantKeys: KeyPair },
): Promise<Claim[]> {
  const few = await startAccount(folder, FEW, 40, keys);
  const many = await startAccount(folder, MANY, 40, keys);
  const large = await startAccount(folder, MANY, 1000, keys);
  try {
    return [
      await compareTime(few, many, rounds),
      compareDecryption(rounds),
      await compareMemory(folder, large),
    ];
  } finally {
    for (const { server } of [few, many, large]) await server.close();
  }
}

async function compareTime(few: BenchAccount, many: BenchAccount, rounds: number): Promise<Claim> {
  const mainAfterPre = (name: string, account: BenchAccount) => {
    let step = account.newStep();
    return {
      name,
      before: async () => {
        step = account.newStep();
        await step.pre();
        await sleep(KEY_MS);
      },
      run: async () => {
        if ((await step.main()) !== 0) throw new Error("main failed");
      },
    };
  };
  const bare = { name: "bare", run: () => spawnSync(process.execPath, ["-e", "0"]) };
  const times = await takeTurns([bare, mainAfterPre("few", few), mainAfterPre("many", many)], rounds);
  const of = (name: string) => median(times.get(name) ?? []) - median(times.get("bare") ?? []);
  return {
    what: "one variable of 10,000, against one of 100 (time above bare Node)",
    measured: of("many") / MANY / (of("few") / FEW),
    target: 1,
    unit: "of its time",
  };
}

function compareDecryption(rounds: number): Claim {
  const dek = randomBytes(32);
  const payloads = Array.from({ length: MANY }, () => encryptValue(randomBytes(500).toString("hex"), dek));
  const texts = payloads.map((payload) => JSON.stringify(payload));
  const parts = payloads.map(({ iv, tag, ct }) => ({
    iv: Buffer.from(iv, "base64url"),
    tag: Buffer.from(tag, "base64url"),
    ct: Buffer.from(ct, "base64url"),
  }));
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const ours = timeOf(() => {
      const key = keyOfDek(dek); // once, as a session does
      return texts.map((text) => decryptPayload(text, key));
    });
    const bare = timeOf(() =>
      parts.map(({ iv, tag, ct }) => {
        const decipher = createDecipheriv("aes-256-gcm", dek, iv);
        decipher.setAuthTag(tag);
        return decipher.update(ct, undefined, "utf8") + decipher.final("utf8");
      }),
    );
    if (round === 0) continue; // warm-up
    times.ours.push(ours);
    times.bare.push(bare);
  }
  return {
    what: "decrypting 10,000 variables of 1 kB, with parsing",
    measured: median(times.ours) / median(times.bare),
    target: 1.3,
    unit: "times a bare loop of createDecipheriv",
  };
}

async function compareMemory(folder: string, large: BenchAccount): Promise<Claim> {
  const file = join(folder, "rss");
  const hook = join(folder, "rss.cjs");
  // getrusage(2) would count what the parent had at the fork.
  writeFileSync(
    hook,
    `const fs = require("fs"); process.on("exit", () => fs.writeFileSync(${JSON.stringify(file)}, fs.readFileSync("/proc/self/status")))`,
  );
  const peak = () => Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(file, "utf8"))?.[1]) * 1024;
  spawnSync(process.execPath, ["--require", hook, "-e", "0"]);
  const bare = peak();
  const step = large.newStep({ NODE_OPTIONS: `--require=${hook}` });
  if ((await step.main()) !== 0) throw new Error("main with 10,000 variables of 1 kB failed");
  return {
    what: "peak memory, 10,000 variables of 1 kB",
    measured: peak() / (bare + MANY * 1000),
    target: 2,
    unit: "times bare Node plus the payload",
  };
}
