import { inputFlags } from "./arguments.ts";

const overview = `usage: secret-stash-ci COMMAND [FLAGS]

  pull              decrypt the variables and hand them to the shell or the job
  exec -- CMD ARGS  run one command with the variables, its output masked
  mask              standard input to standard output, values masked
  leak-check PATHS  look for pulled values in files
  approve           give a waiting job's key access, from your own machine
  doctor            find out what keeps a pull from working
  clean-up          delete the key and everything else that pull left

secret-stash-ci COMMAND --help tells more, --version the version.

Every input is read from the environment (SECRET_STASH_ENVIRONMENT for environment); a flag wins over it. The token and the grant
key are taken from SECRET_STASH_API_TOKEN and SECRET_STASH_GRANT_KEY, or --api-token-file and --grant-key-file (- for standard
input), and never as a flag's value.

Exit codes: 0 done, 1 failed, 2 wrong usage or inputs, 3 credentials or access, 4 refused by a rule, 5 the service is unavailable;
exec ends as its command does.
`;

const inputs = `inputs: ${inputFlags.map((name) => `--${name}`).join(" ")}\n`;

const topics: Record<string, string> = {
  pull: `usage: secret-stash-ci pull [--format shell] [--env-file FILE] [--session-dir DIR] [INPUTS]

Writes a file to source (0600) and prints its path; with --format shell, prints the text itself, for eval "$(secret-stash-ci pull
--format shell)". SECRET_STASH_SESSION_DIR, which it sets, is what mask and clean-up need.

${inputs}`,
  exec: `usage: secret-stash-ci exec [INPUTS] -- CMD ARGS

Runs CMD with the variables in its environment alone, stdout and stderr masked, signals passed on, and ends with its exit code (128
+ n after a signal). The key is deleted in every case.

${inputs}`,
  mask: `usage: secret-stash-ci mask [--session-dir DIR | --values-file FILE] [--exact]

Standard input to standard output with every value as ***, in every form that jobs print. The values are the session's, or those of
FILE, a JSON array of strings (0600). --exact looks for the values alone. --session-log is for the GitLab component.
`,
  "leak-check": `usage: secret-stash-ci leak-check [--session-dir DIR] [PATH ...]

Looks for every value of the session, in every form that jobs print, in the files below PATH (the current directory) that changed since
the pull. Says file, line, column, variable and form; never the value. Ends with 4 when it finds one. It looks for at most 20 seconds.
`,
  doctor: `usage: secret-stash-ci doctor [--full] [--json] [INPUTS]

Looks at everything a pull needs, in order: this machine, the inputs, the service, the token, the application, the environment, the
grant key, one variable. Exit code 0 only if a pull would work. Writes nothing, unless --full, which registers a temporary key, gives
it access as a pull does, and deletes it.

${inputs}`,
  approve: `usage: secret-stash-ci approve --environment ENV [--fingerprint F | --watch [--yes-label PATTERN]] [--key-dir DIR] [--json]

Gives one waiting key access to one environment, with your own device key (--key-dir, else SECRET_STASH_KEY_DIR, else ~/.secret-stash)
and your own token. Lists the keys that wait and asks; --fingerprint approves exactly that one without asking; --watch stays and asks
about each new one. --yes-label 'CI/CD Temporary Key (acme/app *)' approves temporary keys by their label, which is a claim, not a proof.

inputs: --application-id --environment --api-url --timeout --key-dir --fingerprint --yes-label --watch --json --api-token-file
`,
  "clean-up": `usage: secret-stash-ci clean-up [--session-dir DIR] [--revoke false]

Deletes the key here and on the service, restores env files, and never fails.
`,
};

export function helpOn(topic: string): string {
  return topics[topic] ?? overview;
}
