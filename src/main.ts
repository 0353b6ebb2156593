import { pull } from "./index.ts";

await pull();
