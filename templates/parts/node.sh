# Our own processes run without what makes Node print what it does, or load what the job wants to have loaded.
SS_NODE=node
secret_stash_node() { (unset NODE_DEBUG NODE_DEBUG_NATIVE NODE_OPTIONS NODE_V8_COVERAGE NODE_INSPECT_RESUME_ON_START; exec "$SS_NODE" "$@"); }
secret_stash_has_node() { # whether the bundle runs on $SS_NODE: from 22.21 within 22, and from 24.5
  case $(secret_stash_node --version 2>/dev/null) in
    v22.2[1-9].* | v22.[3-9][0-9].* | v24.[5-9].* | v24.[1-9][0-9].* | v2[5-9].* | v[3-9][0-9].*) ;;
    *) return 1 ;;
  esac
}
ss_machine=$(uname -m 2>/dev/null) || ss_machine=unknown
case $ss_machine in x86_64 | amd64) SECRET_STASH_ARCH=x64 ;; aarch64 | arm64) SECRET_STASH_ARCH=arm64 ;; *) SECRET_STASH_ARCH=$ss_machine ;; esac
