import { generateDeviceKey } from "./crypto/device-key.ts";

// One of the processes that race for the session's key: its private half goes to the process that asked for it, through a pipe.

process.stdout.write((await generateDeviceKey()).privateKeyPem);
