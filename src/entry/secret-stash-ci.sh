#!/bin/sh
# Runs secret-stash-ci on the Node.js of the image if the bundle supports it (docs/gitlab-images.md), else on the one that an archive with a
# runtime brings along.
self=$(readlink -f "$0" 2>/dev/null) || self=$0
folder=${self%/*}
node=node
case $(unset NODE_OPTIONS NODE_DEBUG NODE_DEBUG_NATIVE; node --version 2>/dev/null) in
  v22.2[1-9].* | v22.[3-9][0-9].* | v24.[5-9].* | v24.[1-9][0-9].* | v2[5-9].* | v[3-9][0-9].*) ;;
  *) if [ -f "$folder/runtime/node" ]; then node=$folder/runtime/node; fi ;;
esac
if ! command -v "$node" >/dev/null 2>&1; then
  echo 'secret-stash-ci: there is no Node.js here, and this bundle brings none. Install Node.js 24, or take the archive of the bundle for linux-x64 or linux-arm64.' >&2
  exit 127
fi
# What makes Node print what it does would show values. A command of exec keeps what else is meant for it.
unset NODE_DEBUG NODE_DEBUG_NATIVE
if [ "${1-}" != exec ]; then unset NODE_OPTIONS NODE_V8_COVERAGE NODE_INSPECT_RESUME_ON_START; fi
exec "$node" "$folder/index.js" "$@"
