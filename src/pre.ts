import { prepare } from "./index.ts";

await prepare();
