import { generateAndKeepKey } from "../key/prepare-process.ts";

// The process that pre starts, and that outlives it: `prepare-key.js DIRECTORY [SECONDS]`.

const PATIENCE_SECONDS = 600;

const [, , keyDirectory = "", seconds = PATIENCE_SECONDS] = process.argv;
// Nobody reads what it says. If it fails, main generates its own key.
await generateAndKeepKey(keyDirectory, Number(seconds) * 1000).catch(() => {});
process.exit();
