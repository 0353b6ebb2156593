// Loaded into a stage with `node --import`: a busy machine, on which a child has done its work before its parent gets to run again.
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

const { spawn } = childProcess;
childProcess.spawn = (...args) => {
  const child = spawn(...args);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  return child;
};
syncBuiltinESMExports();
