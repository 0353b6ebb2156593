// Loaded into a stage with `node --import`: notes, in order, every write to standard output and every file written, to WRITE_TRACE.
// The calls do what they always do.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { writeSync } = fs;
const sink = fs.openSync(process.env.WRITE_TRACE, "a");
const trace = (kind, text) => writeSync(sink, `${JSON.stringify([kind, String(text)])}\n`);
const paths = new Map();

function wrap(target, name, note) {
  const original = target[name];
  target[name] = function traced(...args) {
    note(...args);
    return original.apply(this, args);
  };
}

wrap(process.stdout, "write", (text) => {
  for (const line of String(text).split("\n").filter(Boolean)) trace("stdout", line.slice(0, 200));
});
// appendFileSync ends up here, too.
wrap(fs, "writeFileSync", (file) => trace("write", typeof file === "number" ? paths.get(file) : file));
wrap(fs.promises, "writeFile", (path) => trace("write", path));
wrap(fs.promises, "mkdir", (path) => trace("mkdir", path));
wrap(fs.promises, "rename", (from, to) => trace("rename", `${from} -> ${to}`));
const { openSync } = fs;
fs.openSync = (path, ...args) => {
  const descriptor = openSync(path, ...args);
  paths.set(descriptor, path);
  return descriptor;
};
syncBuiltinESMExports();
