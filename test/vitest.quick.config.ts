import { mergeConfig } from "vitest/config";
import config from "./vitest.config.ts";

// `npm run test:quick`: what computes, and one scenario of each folder.
export default mergeConfig(config, {
  test: {
    isolate: false,
    include: [
      ...["unit", "property", "redact", "runner"].map((folder) => `${folder}/*.test.ts`),
      "access/missing-envelope-names-three-remedies.test.ts",
      "approvals/person-approves.test.ts",
      "broker/token-is-used-by-one-key.test.ts",
      "build/bundle-can-be-trusted.test.ts",
      "clean-up/unwritable-output-does-not-prevent-clean-up.test.ts",
      "cli/help-describes-every-flag.test.ts",
      "docs/generated-docs-are-current.test.ts",
      "env-files/several-env-files-in-several-formats.test.ts",
      "gitlab/templates-are-what-gitlab-takes.test.ts",
      "inputs/every-input-mistake-is-reported-at-once.test.ts",
      "key/first-of-two-keys-is-used.test.ts",
      "leaks/needles-are-derived-once-whatever-is-found.test.ts",
      "masks/grant-key-given-as-a-path-is-masked.test.ts",
      "pull/outputs-describe-the-session.test.ts",
      "service/requests-are-counted.test.ts",
      "stash-server/is-strict-about-the-protocol.test.ts",
      "vectors/opens-what-another-implementation-wrote.test.ts",
    ],
  },
});
