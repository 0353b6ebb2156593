unset SS_HEADER ss_header ss_value ss_rest ss_token # A variable of that name in the environment would hand what it gets to every process.
SS_DIR='' # not from the image or a CI variable: the directory it names is deleted on failure
secret_stash_fail() {
  printf 'secret-stash: %s\n' "$1" >&2
  # Once there is something to undo, the end of the job needs the session for it.
  [ -s "${SS_DIR:-/dev}/undo.json" ] || rm -rf "${SS_DIR:-}"
  exit 1
}
