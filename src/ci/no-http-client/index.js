// @actions/core imports these two for core.getIDToken, and with them undici: 450 kB, and half of the time that a stage takes to start.

export class HttpClient {
  constructor() {
    throw new Error("core.getIDToken is not bundled (docs/decisions/0010)");
  }
}

export class BearerCredentialHandler {}
