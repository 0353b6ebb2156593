import { pull } from "./bundle.ts";

await pull();
