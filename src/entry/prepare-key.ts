import { prepareKey } from "../key/prepare-process.ts";

// The process that pre starts, which outlives it: `prepare-key.js DIRECTORY [SECONDS]`.

const PATIENCE_SECONDS = 600;

const [, , keyDirectory = "", seconds = PATIENCE_SECONDS] = process.argv;
// Nobody reads what it says: main makes its own key when this one fails.
await prepareKey(keyDirectory, Number(seconds) * 1000).catch(() => {});
process.exit();
