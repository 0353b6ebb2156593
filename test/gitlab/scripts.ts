/** A job's script for the comparison of a job with the component and the same one without it. */
export interface Script {
  name: string;
  lines: readonly string[];
  /** shells that can run it; all by default */
  shells?: readonly string[];
  /** why status or output are not the same, where they are not (docs/gitlab.md) */
  differs?: string;
}

const count = 'i=0; while [ $i -lt 200 ]; do echo "line $i"; i=$((i+1)); done';

/** API_KEY is in the environment of each. */
export const scripts: readonly Script[] = [
  { name: "prints and ends", lines: ['echo "a $API_KEY"', "echo b"] },
  { name: "exit code", lines: ["echo a", "exit 42"] },
  { name: "a command fails", lines: ["echo a", "false", "echo not reached"] },
  { name: "a command is not found", lines: ["no-such-command-here", "echo not reached"] },
  { name: "fails in a pipeline", lines: ["false | cat", "echo after"] },
  { name: "fails where that is allowed", lines: ["false || true", "if false; then :; fi", "echo after"] },
  { name: "set +e", lines: ["set +e", "false", "echo after; exit 7"] },
  { name: "set -u and a missing variable", lines: ["set -u", 'echo "$NO_SUCH"', "echo not reached"] },
  { name: "a function that fails", lines: ["f() { return 9; }", "f", "echo not reached"] },
  { name: "a subshell that fails", lines: ["(exit 5)", "echo not reached"] },
  { name: "an exit in a function", lines: ["f() { echo in; exit 6; }", "f", "echo not reached"] },
  { name: "a syntax error", lines: ["eval 'if then'", "echo not reached"] },
  { name: "stderr", lines: ['echo "err $API_KEY" >&2', "echo out"] },
  { name: "no newline at the end", lines: ["printf 'half a line'"] },
  { name: "a secret at the very end", lines: ['printf %s "$API_KEY"', "exit 3"] },
  {
    name: "a secret in two writes",
    lines: ['printf %s sk_live_4eC39; sleep 0.1; echo HqLyjWDarjtT1zdp7dc; echo "$API_KEY"'],
  },
  { name: "many lines", lines: [count, 'echo "$API_KEY"', count] },
  { name: "much output", lines: ["head -c 1000000 /dev/zero | tr '\\0' 'x'; echo", 'echo "$API_KEY end"'] },
  { name: "bytes that are no text", lines: ["printf '\\377\\376\\001\\000 x\\n'", "echo after"] },
  { name: "carriage returns and colours", lines: ["printf '10%%\\r20%%\\r\\033[31mred\\033[0m\\n'"] },
  { name: "a here-document", lines: ["cat <<X\nvalue $API_KEY\nX", "echo after"] },
  { name: "standard input", lines: ["cat </dev/null; echo read; wc -c </dev/null | tr -d ' '"] },
  { name: "set -x", lines: ['set -x; : "$API_KEY"; set +x', "echo after"] },
  { name: "set -v", lines: ["set -v; echo a; set +v", "echo after"] },
  { name: "options of the shell", lines: ["set -f; echo *; set +f", "set -C; echo a >x; echo b", "exit 0"] },
  { name: "positional parameters", lines: ["set -- one 'two words'; echo \"$# $2\"", "shift; echo $1"] },
  { name: "IFS", lines: ['IFS=:; set -- $(echo a:b); echo "$1 $2"', "echo after"] },
  { name: "another directory and umask", lines: ["umask 077; mkdir d; cd d; : >f; ls -l f | cut -c1-10"] },
  {
    name: "files",
    lines: ['echo "$API_KEY" >f; cat f; rm f', "exec 3>g; echo to three >&3; exec 3>&-; cat g"],
  },
  {
    name: "stdout is redirected for good",
    lines: ["echo before", "exec >log.txt", "echo into the file", "exit 4"],
  },
  { name: "stdout is closed", lines: ["echo before", "exec >&-", "exit 4"] },
  { name: "a background process that ends", lines: ["(sleep 0.1; echo late) & wait", "echo after"] },
  { name: "a background process that fails", lines: ['(exit 3) & wait $! || echo "status $?"'] },
  {
    name: "a background process that lives on",
    lines: ["sleep 3 &", "echo after"],
    differs: "without the component, the runner waits for the process",
  },
  { name: "wait for everything", lines: ["sleep 0.1 & sleep 0.1 & wait", "echo after"] },
  { name: "jobs", lines: ["sleep 0.2 & jobs | wc -l | tr -d ' '; wait"] },
  { name: "a trap on EXIT", lines: ["trap 'echo \"trap $?\"' EXIT", "echo a; exit 5"] },
  { name: "a trap on EXIT that exits", lines: ["trap 'echo trap; exit 8' EXIT", "exit 5"] },
  { name: "a trap on EXIT after a failure", lines: ["trap 'echo \"trap $?\"' EXIT", "false"] },
  { name: "a trap on EXIT that prints a secret", lines: ["trap 'echo \"$API_KEY\"' EXIT", "echo a"] },
  { name: "a trap on EXIT in a subshell", lines: ["(trap 'echo inner' EXIT; echo in)", "echo after"] },
  { name: "a trap that is reset", lines: ["trap 'echo never' EXIT", "trap - EXIT", "echo a; exit 3"] },
  { name: "trap 0", lines: ["trap 0", "echo a; exit 3"] },
  {
    name: "a trap on a signal",
    lines: ["trap 'echo got it' USR1; kill -USR1 $$; sleep 0.1", "echo after"],
    differs: "in the runner's pipelines $$ is another process",
  },
  { name: "a trap on ERR", lines: ["trap 'echo err' ERR; set +e; false; echo after"], shells: ["bash"] },
  {
    name: "a trap on ERR that ends the job",
    lines: ["trap 'echo err' ERR", "false", "echo not reached"],
    shells: ["bash"],
  },
  { name: "TERM to a child", lines: ["sh -c 'kill -TERM $$' || echo \"status $?\""] },
  { name: "KILL to a child", lines: ["sh -c 'kill -KILL $$' || echo \"status $?\""] },
  { name: "a nested shell", lines: ['sh -c \'echo "$API_KEY"; exit 2\' || echo "status $?"'] },
  { name: "a nested shell with a trap", lines: ["sh -c \"trap 'echo inner' EXIT; echo in\"", "echo after"] },
  { name: "a command in place of the shell", lines: ["exec sh -c 'echo \"$API_KEY\"; exit 6'"] },
  {
    name: "aliases and functions of common names",
    lines: ["sed() { echo mine; }; cat() { echo mine; }; sleep() { :; }", "sed; cat; exit 3"],
  },
  { name: "a function called trap is not there", lines: ["unset -f nothing 2>/dev/null || :; echo after"] },
  { name: "no PATH", lines: ["PATH=; echo a; exit 3"] },
  { name: "unset PATH", lines: ["unset PATH; echo a", "exit 3"] },
  { name: "readonly variables", lines: ["readonly X=1; echo $X", "exit 0"] },
  {
    name: "tee",
    lines: [`exec > >(tee b.log) 2>&1; ${count}; echo "$API_KEY FINAL"`, "exit 3"],
    shells: ["bash"],
  },
  {
    name: "a filter",
    lines: [`exec > >(sed 's/^/> /') 2>&1; ${count}; echo FINAL`, "exit 3"],
    shells: ["bash"],
  },
  {
    name: "pipefail",
    lines: ["set -o pipefail; false | cat", "echo not reached"],
    shells: ["bash", "busybox"],
  },
  {
    name: "arrays and [[ ]]",
    lines: ['a=(1 "$API_KEY"); [[ ${a[1]} == "$API_KEY" ]] && echo same; declare -p a'],
    shells: ["bash"],
  },
  {
    name: "process substitution",
    lines: ['while read -r l; do echo "got $l"; done < <(echo "$API_KEY"; echo b)'],
    shells: ["bash"],
  },
  {
    name: "coproc",
    lines: ["coproc cat; echo x >&${COPROC[1]}; read -r l <&${COPROC[0]}; echo $l"],
    shells: ["bash"],
  },
  {
    name: "base64 and hex",
    lines: [
      'printf %s "$API_KEY" | base64; printf %s "$API_KEY" | od -An -tx1 | tr -d " \\n" | wc -c | tr -d " "',
    ],
    differs: "a value in base64 is masked",
  },
  {
    name: "both streams by turns",
    lines: ["i=0; while [ $i -lt 50 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done"],
  },
];
