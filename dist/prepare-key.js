import { prepareKey } from "./index.js";
await prepareKey();
