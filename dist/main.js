import { pull } from "./index.js";
await pull();
