// Preloaded by NODE_OPTIONS: ends the process without warning before its n-th operation on files that changes something, or, with
// DIE_AT=count, counts them. This is a hook of the test; nothing of it is in the product.
const fs = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");

const changing = [
  "writeFile",
  "mkdir",
  "rename",
  "rm",
  "rmdir",
  "unlink",
  "chmod",
  "appendFile",
  "ftruncate",
  "utimes",
  "write",
  "open",
];
const dieAt = process.env.DIE_AT;
const countFile = process.env.DIE_COUNT_FILE;
const { openSync, writeSync } = fs;
const counted = dieAt === "count" ? openSync(countFile, "a") : undefined;
let count = 0;
let inside = 0;

function step() {
  count += 1;
  if (counted !== undefined) writeSync(counted, ".");
  else if (count === Number(dieAt)) process.kill(process.pid, "SIGKILL");
}

function wrap(holder, name) {
  const original = holder[name];
  if (typeof original !== "function") return;
  holder[name] = function (...args) {
    // Opening for reading changes nothing, and the log is not the disk.
    const reads = name.startsWith("open") && (args[1] === undefined || args[1] === "r" || args[1] === 0);
    const isLog = name.startsWith("write") && (args[0] === 1 || args[0] === 2);
    if (!reads && !isLog && !inside) {
      step();
    }
    inside += 1;
    try {
      return original.apply(this, args);
    } finally {
      inside -= 1;
    }
  };
}

for (const name of changing) {
  wrap(fs, name);
  wrap(fs, `${name}Sync`);
  wrap(fs.promises, name);
}
syncBuiltinESMExports();
