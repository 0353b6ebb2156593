/** Held against `package.json` by a test; sent to the service in `User-Agent`. */
export const version = "1.0.0";
