import { contend } from "../key/contend.ts";

// The process that the key race starts twice (src/run/key-race.ts).

await contend();
