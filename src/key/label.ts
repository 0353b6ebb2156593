import type { JobInfo } from "../ci/host.ts";
import { MAX_LABEL } from "../inputs/access.ts";

const PREFIX = "CI/CD Temporary Key (";
const SUFFIX = ")";

/** `CI/CD Temporary Key (acme/app deploy #17)`; with the hostname in parentheses if the job has no name, as the official clients write it. */
export function defaultLabel({ name, hostname }: Pick<JobInfo, "name" | "hostname">): string {
  return labelFor(name ?? hostname);
}

export function labelFor(place: string): string {
  const fitting = Array.from(place).slice(0, MAX_LABEL - PREFIX.length - SUFFIX.length);
  return PREFIX + fitting.join("") + SUFFIX;
}
