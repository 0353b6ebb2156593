import { prepareKey } from "./index.ts";

await prepareKey();
