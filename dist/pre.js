import { prepare } from "./index.js";
await prepare();
