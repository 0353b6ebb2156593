import type { BrokerErrorCode } from "../broker-error.ts";

// Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats).

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is true at the moment at which somebody asks. */
export interface Gauges {
  policyHash: string;
  /** whether the file differs from the policy in force, because it cannot be used */
  isPolicyInvalid: boolean;
  /** seconds since each issuer's keys were fetched */
  issuerKeyAges: ReadonlyMap<string, number | undefined>;
}

export interface Metrics {
  granted(seconds: number): void;
  refused(code: BrokerErrorCode, rule: string | undefined): void;
  format(gauges: Gauges): string;
}

export function createMetrics(): Metrics {
  const refusals = new Map<string, number>();
  const buckets = BOUNDS.map(() => 0);
  let grants = 0;
  let seconds = 0;
  return {
    granted: (took) => {
      grants += 1;
      seconds += took;
      for (const [index, bound] of BOUNDS.entries())
        if (took <= bound) buckets[index] = (buckets[index] ?? 0) + 1;
    },
    refused: (code, rule = "") => {
      const labels = labelsOf({ code, rule });
      refusals.set(labels, (refusals.get(labels) ?? 0) + 1);
    },
    format: ({ policyHash, isPolicyInvalid, issuerKeyAges }) => {
      const name = (metric: string) => `secret_stash_broker_${metric}`;
      const lines = [
        `# HELP ${name("grant_seconds")} How long a grant took, from the request to the answer.`,
        `# TYPE ${name("grant_seconds")} histogram`,
        ...BOUNDS.map((bound, index) => `${name("grant_seconds_bucket")}{le="${bound}"} ${buckets[index]}`),
        `${name("grant_seconds_bucket")}{le="+Inf"} ${grants}`,
        `${name("grant_seconds_sum")} ${seconds}`,
        `${name("grant_seconds_count")} ${grants}`,
        `# HELP ${name("refusals_total")} Requests that were refused, by code and by the nearest rule.`,
        `# TYPE ${name("refusals_total")} counter`,
        ...Array.from(refusals, ([labels, count]) => `${name("refusals_total")}${labels} ${count}`),
        `# HELP ${name("policy_info")} The policy in force, by its SHA-256.`,
        `# TYPE ${name("policy_info")} gauge`,
        `${name("policy_info")}${labelsOf({ hash: policyHash })} 1`,
        `# HELP ${name("policy_invalid")} 1 if the policy's file has changed and cannot be used.`,
        `# TYPE ${name("policy_invalid")} gauge`,
        `${name("policy_invalid")} ${isPolicyInvalid ? 1 : 0}`,
        `# HELP ${name("issuer_keys_age_seconds")} Seconds since the issuer's keys were fetched; -1 if they never were.`,
        `# TYPE ${name("issuer_keys_age_seconds")} gauge`,
        ...Array.from(
          issuerKeyAges,
          ([issuer, age]) => `${name("issuer_keys_age_seconds")}${labelsOf({ issuer })} ${age ?? -1}`,
        ),
      ];
      return `${lines.join("\n")}\n`;
    },
  };
}

function labelsOf(labels: Record<string, string>): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, "_")}"`,
  );
  return `{${parts.join(",")}}`;
}
