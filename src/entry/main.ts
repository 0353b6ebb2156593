import { runMain } from "./bundle.ts";

await runMain();
