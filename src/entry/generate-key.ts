import { generateDeviceKey } from "../crypto/device-key.ts";

// One of the processes that race for the session's key (src/key/race.ts). The private half goes to the process that started it, by pipe.

process.stdout.write((await generateDeviceKey()).privateKeyPem);
