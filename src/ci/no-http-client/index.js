// @actions/core imports these two for core.getIDToken. The real package brings undici: 450 kB, and half of the start-up time of a stage.

export class HttpClient {
  constructor() {
    throw new Error("core.getIDToken is not bundled (docs/decisions/0010)");
  }
}

export class BearerCredentialHandler {}
