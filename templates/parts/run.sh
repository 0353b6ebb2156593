secret_stash_make_directory() { # SS_DIR, which is deleted when this shell ends
  SS_DIR=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/secret-stash-session-XXXXXXXXXX") ||
    secret_stash_fail 'The session directory cannot be created. The temp directory may be missing, full or read-only. Set TMPDIR to another one.'
  trap 'rm -rf "$SS_DIR"' EXIT
}
secret_stash_run() { # secret-stash-ci with these arguments; never returns
  unset NODE_DEBUG NODE_DEBUG_NATIVE # What else is meant for Node.js, the command of exec keeps.
  if [ "$1" != exec ]; then unset NODE_OPTIONS NODE_V8_COVERAGE NODE_INSPECT_RESUME_ON_START; fi
  # In the background, so that a signal to this shell alone ends the command, too, and the directory goes with it.
  (exec "$SS_NODE" "$SS_INDEX" "$@") <&0 &
  ss_pid=$!
  trap 'kill -TERM "$ss_pid" 2>/dev/null' HUP INT TERM
  while :; do
    wait "$ss_pid" && ss_rc=0 || ss_rc=$?
    kill -0 "$ss_pid" 2>/dev/null || break
  done
  exit "$ss_rc"
}
