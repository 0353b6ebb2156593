/** Sent to the service in `User-Agent`. A test holds it against `package.json`. */
export const version = "1.0.0";
