import { cleanUp } from "./index.ts";

await cleanUp();
