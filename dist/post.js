import { cleanUp } from "./index.js";
await cleanUp();
