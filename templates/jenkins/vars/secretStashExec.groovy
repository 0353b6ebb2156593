/**
 * Runs one shell command with the variables of a SecretStash environment, masks its output, and deletes the key when it ends:
 *
 *   secretStashExec(environment: 'testing', applicationId: 'app_1234', command: './deploy.sh')
 *
 * The bundle comes from bundlePath, a folder on the agent, or from bundleUrl, the address of its archive, with bundleSha256 (and bundleCache, a
 * folder in which the archive is kept).
 *
 * apiToken and grantKey are ids of "Secret text" credentials. Nothing is put into a command line, because every process can list those.
 */
def call(Map config = [:]) {
    for (name in ['environment', 'command']) {
        if (!config[name]) {
            error("secretStashExec: ${name} is missing.")
        }
    }
    def credentials = [
        string(credentialsId: config.apiToken ?: 'secret-stash-api-token', variable: 'SECRET_STASH_API_TOKEN'),
        string(credentialsId: config.grantKey ?: 'secret-stash-grant-key', variable: 'SECRET_STASH_GRANT_KEY'),
    ]
    withCredentials(credentials) {
        withEnv([
            "SECRET_STASH_APPLICATION_ID=${literally(config.applicationId ?: '')}",
            "SECRET_STASH_ENVIRONMENT=${literally(config.environment)}",
            "SECRET_STASH_VARIABLES=${literally(config.variables ?: '*')}",
            "SS_BUNDLE=${literally(config.bundlePath ?: '/opt/secret-stash-ci')}",
            "SS_URL=${literally(config.bundleUrl ?: '')}",
            "SS_SHA256=${literally(config.bundleSha256 ?: '')}",
            "SS_CACHE=${literally(config.bundleCache ?: '')}",
            "SS_COMMAND=${literally(config.command)}",
        ]) {
            // Single quotes, so that Groovy interpolates nothing. Without set +x, Jenkins' shell would print the command first.
            sh '''#!/bin/sh
                { set +x; } 2>/dev/null
                # begin say.sh
                secret_stash_say() { # one line, by a command of the shell itself: others would show it in the list of processes
                  if [ -n "${KSH_VERSION-}" ]; then print -r -- "$1"; else printf '%s\\n' "$1"; fi
                }
                # end say.sh
                # begin fail.sh
                unset SS_HEADER ss_header ss_value ss_rest ss_token # A variable of that name in the environment would hand what it gets to every process.
                SS_DIR='' # not from the image or a CI variable: the directory it names is deleted on failure
                secret_stash_fail() {
                  printf 'secret-stash: %s\\n' "$1" >&2
                  # Once there is something to undo, the end of the job needs the session for it.
                  [ -s "${SS_DIR:-/dev}/undo.json" ] || rm -rf "${SS_DIR:-}"
                  exit 1
                }
                # end fail.sh
                # begin node.sh
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
                # end node.sh
                # begin sha256.sh
                secret_stash_sha256() { # of standard input, in hex, into ss_sum; with whatever the image has
                  if command -v sha256sum >/dev/null 2>&1; then ss_sum=$(sha256sum)
                  elif command -v openssl >/dev/null 2>&1; then ss_sum=$(openssl dgst -sha256 -r)
                  elif command -v busybox >/dev/null 2>&1; then ss_sum=$(busybox sha256sum)
                  elif secret_stash_has_node; then ss_sum=$(secret_stash_node -e 'const { createHash } = require("crypto"); process.stdin.pipe(createHash("sha256").setEncoding("hex")).pipe(process.stdout)')
                  else ss_sum=''; fi
                  ss_sum=${ss_sum%% *}
                }
                secret_stash_is_bundle() { # whether the SHA-256 of the file $1 is in $SS_SHA256, in either case; an image may lack tr
                  secret_stash_sha256 <"$1"
                  ss_known=' ' ss_rest=$SS_SHA256
                  while [ -n "$ss_rest" ]; do
                    ss_digit=${ss_rest%"${ss_rest#?}"}
                    ss_rest=${ss_rest#?}
                    case $ss_digit in A) ss_digit=a ;; B) ss_digit=b ;; C) ss_digit=c ;; D) ss_digit=d ;; E) ss_digit=e ;; F) ss_digit=f ;; [!0-9a-f]) ss_digit=' ' ;; esac
                    ss_known=$ss_known$ss_digit
                  done
                  case "$ss_known " in *" ${ss_sum:-none} "*) ;; *) return 1 ;; esac
                }
                secret_stash_unpack() { # the archive $1 into the folder $2
                  # What the environment would add to them could replace what was checked.
                  unset TAR_OPTIONS GZIP XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS
                  case $1 in
                    *.xz) xz -dc "$1" | tar -xf - -C "$2" ;;
                    *.zst) zstd -qdc "$1" | tar -xf - -C "$2" ;;
                    *) gzip -dc "$1" | tar -xf - -C "$2" ;;
                  esac
                }
                # end sha256.sh
                # begin bundle.sh
                # The folder of the bundle, from a path, or downloaded, checked and unpacked with what the image has. Nothing here needs Node.
                secret_stash_origin() { # of the address $1, into ss_origin
                  ss_origin=${1#*://}
                  ss_origin=${1%%://*}://${ss_origin%%[/?#]*}
                }
                secret_stash_request() { # $ss_url with $ss_header to $SS_ARCHIVE, without following a redirect; sets ss_status and ss_location
                  ss_status='' ss_location=''
                  # Addresses and headers go in by files and pipes, because every process can list the arguments of others. With a header, the user's own
                  # configuration does not count: it could follow redirects.
                  if command -v curl >/dev/null 2>&1; then
                    ss_reply=$({ secret_stash_say "url = \\"$ss_url\\""; [ -z "$ss_header" ] || secret_stash_say "header = \\"$ss_header\\""; } |
                      curl ${ss_header:+-q} -g -K - -sS -o "$SS_ARCHIVE" -w '%{http_code} %{redirect_url}' --retry 3 --connect-timeout 20 --max-time 600) || { ss_why="curl ended with $?"; return 1; }
                    ss_status=${ss_reply%% *} ss_location=${ss_reply#* }
                  elif ss_reply=$(wget --version 2>/dev/null) && [ "${ss_reply#GNU Wget }" != "$ss_reply" ]; then
                    (
                      umask 077
                      { [ -z "$ss_header" ] || secret_stash_say "header = $ss_header"; } >"$SS_DIR/wgetrc"
                      secret_stash_say "$ss_url" >"$SS_DIR/url"
                    )
                    ss_rc=0
                    wget ${ss_header:+--config="$SS_DIR/wgetrc"} -S -nv --max-redirect=0 --tries=3 --timeout=30 -O "$SS_ARCHIVE" -i "$SS_DIR/url" 2>"$SS_DIR/reply" || ss_rc=$?
                    ss_status=$(sed -n 's/^ *HTTP[^ ]* \\([0-9][0-9][0-9]\\).*/\\1/p' "$SS_DIR/reply" | tail -n 1)
                    ss_location=$(sed -n 's/^ *[Ll]ocation: *\\([^ ]*\\).*/\\1/p' "$SS_DIR/reply" | tr -d '\\r' | tail -n 1)
                    if [ "$ss_rc" != 0 ]; then ss_why="wget ended with $ss_rc"; fi
                    case $ss_rc:$ss_status in 0:* | 8:*) ;; *) ss_status='' ss_location=''; sed -n '/^ /!p' "$SS_DIR/reply" >&2 ;; esac # 8: the server's answer says why
                    rm -f "$SS_DIR/wgetrc" "$SS_DIR/url" "$SS_DIR/reply"
                  elif command -v wget >/dev/null 2>&1 && { [ -z "$ss_header" ] || [ -z "$SS_NODE" ]; }; then
                    if [ -n "$ss_header" ]; then
                      ss_why='the wget of busybox would show bundle-header in the list of processes; install curl in the image'
                      return 1
                    fi
                    # It follows redirects by itself. Without -T, with which busybox 1.35 crashes.
                    wget -q -O "$SS_ARCHIVE" "$ss_url" || { ss_why="wget ended with $?"; return 1; }
                    ss_status=200
                  elif secret_stash_has_node; then
                    ss_reply=$({ secret_stash_say "$ss_url"; secret_stash_say "$ss_header"; } | secret_stash_node -e 'const fs = require("fs"); const [url, header] = fs.readFileSync(0, "utf8").split("\\n"); const at = header.indexOf(":"); const headers = at < 0 ? {} : { [header.slice(0, at)]: header.slice(at + 1).trim() }; (async () => { const reply = await fetch(url, { headers, redirect: "manual" }); fs.writeFileSync(process.argv[1], Buffer.from(await reply.arrayBuffer())); const location = reply.headers.get("location"); process.stdout.write(reply.status + " " + (location ? new URL(location, url) : "")); })().catch(() => process.exit(1));' "$SS_ARCHIVE") || { ss_why='there was no answer'; return 1; }
                    ss_status=${ss_reply%% *} ss_location=${ss_reply#* }
                  else
                    ss_why='the image has neither curl nor wget'
                    return 1
                  fi
                }
                secret_stash_download() { # $SS_URL to $SS_ARCHIVE; if it fails, ss_why says why
                  ss_url=$SS_URL ss_header=${SS_HEADER-} ss_hop=0 ss_why='there was no answer'
                  while [ "$ss_hop" -lt 6 ]; do
                    ss_hop=$((ss_hop + 1))
                    case $ss_url in
                      *[[:space:]]* | *\\"* | *\\\\*) ss_why='the address holds a quote, a backslash or a space'; return 1 ;;
                      https://* | http://127.0.0.1:* | http://localhost:*) ;;
                      *) ss_why='the address does not begin with https'; return 1 ;;
                    esac
                    secret_stash_origin "$ss_url"
                    case $ss_origin in *@*) ss_why='the address holds a user or a password; use bundle-header'; return 1 ;; esac
                    secret_stash_request || return 1
                    case $ss_status:$ss_location in
                      200:*) return 0 ;;
                      30[12378]:/*) secret_stash_origin "$ss_url"; ss_location=$ss_origin$ss_location ;;
                      30[12378]:http*) ;;
                      *:*) ss_why="${ss_status:+the answer was }${ss_status:-$ss_why}"; return 1 ;;
                    esac
                    # The header is for the host of bundle-url alone, which may redirect to a storage of others.
                    secret_stash_origin "$ss_location"
                    ss_next=$ss_origin
                    secret_stash_origin "$ss_url"
                    if [ "$ss_next" != "$ss_origin" ]; then ss_header=''; fi
                    ss_url=$ss_location
                  done
                  ss_why='there were too many redirects'
                  return 1
                }
                secret_stash_keep_archive() { # in the cache, and nowhere else: a pull request can make a link of anything in the workspace
                  if [ ! -e "$SS_CACHE" ] && [ ! -L "$SS_CACHE" ]; then mkdir -p "$SS_CACHE" || return 1; fi
                  ss_real=$(cd -P "$SS_CACHE" && pwd -P) || return 1
                  case $SS_CACHE in
                    /*) [ ! -L "$SS_CACHE" ] || return 1 ;;
                    *) [ "$ss_real" = "$(pwd -P)/$SS_CACHE" ] || return 1 ;;
                  esac
                  [ ! -d "$SS_CACHED" ] || return 1
                  ss_new=$SS_CACHED.$$
                  rm -f "$ss_new" && (set -C && cat "$SS_ARCHIVE" >"$ss_new") && mv -f "$ss_new" "$SS_CACHED"
                }
                secret_stash_get_bundle() { # sets SS_BUNDLE and SS_NODE
                  SS_NODE=node
                  if ! secret_stash_has_node; then
                    SS_NODE=''
                    # No Node for musl can be brought along: there is none in the npm packages of Node.
                    for ss_file in /lib/ld-linux-* /lib64/ld-linux-* /lib/ld-musl-*; do if [ -e "$ss_file" ]; then break; fi; done
                    case $ss_file in
                      /lib/ld-musl-*) if [ -e "$ss_file" ]; then secret_stash_fail 'This image has no supported Node.js (24.5 or later, or 22.21 or later of Node 22). Run apk add nodejs before (Alpine 3.23 or later), or use an image that has one (node:24-alpine): the bundle can bring none for musl.'; fi ;;
                    esac
                  fi
                  if [ -z "$SS_BUNDLE" ]; then
                    if [ -z "$SS_URL" ] || [ -z "$SS_SHA256" ]; then secret_stash_fail 'Set bundle-path, or bundle-url (https) and bundle-sha256.'; fi
                    case ${SS_HEADER-} in
                      '') ;;
                      *\\"* | *\\\\* | *"$ss_newline"*) secret_stash_fail 'bundle-header holds a quote, a backslash or a line break. Give one header: JOB-TOKEN: $CI_JOB_TOKEN' ;;
                      [A-Za-z]*:*) ;;
                      *) secret_stash_fail 'bundle-header is no header. Give one like: JOB-TOKEN: $CI_JOB_TOKEN' ;;
                    esac
                    secret_stash_sha256 </dev/null
                    if [ -z "$ss_sum" ]; then secret_stash_fail 'The bundle cannot be checked, because this image has no sha256sum, openssl, busybox or Node.js. Install one of them, or use bundle-path.'; fi
                    case ${SS_URL%%[?#]*} in *.xz) ss_suffix=tar.xz ;; *.zst) ss_suffix=tar.zst ;; *) ss_suffix=tar.gz ;; esac
                    SS_ARCHIVE=$SS_DIR/bundle.$ss_suffix
                    SS_CACHE=${SS_CACHE#./}
                    while [ "${SS_CACHE%/}" != "$SS_CACHE" ]; do SS_CACHE=${SS_CACHE%/}; done
                    SS_CACHED=${SS_CACHE:+$SS_CACHE/secret-stash-ci-$SECRET_STASH_ARCH.$ss_suffix}
                    ss_found=no
                    if [ -n "$SS_CACHED" ] && [ -f "$SS_CACHED" ] && [ ! -L "$SS_CACHED" ]; then
                      # A copy of our own is checked, because others may write to the cache.
                      cat "$SS_CACHED" >"$SS_ARCHIVE" || secret_stash_fail 'The archive in bundle-cache cannot be read or copied. The temp directory may be full.'
                      if secret_stash_is_bundle "$SS_ARCHIVE"; then ss_found=yes
                      else printf '%s\\n' 'secret-stash: the archive in bundle-cache is not the one of bundle-sha256, so it is downloaded again.' >&2; fi
                    fi
                    if [ "$ss_found" = no ]; then
                      secret_stash_download || secret_stash_fail "The bundle cannot be downloaded: $ss_why. Check bundle-url, the proxy settings of this runner, and bundle-header if the registry is private."
                      secret_stash_is_bundle "$SS_ARCHIVE" || secret_stash_fail 'The SHA-256 of the bundle is not bundle-sha256, so nothing in it was run. Check bundle-url and bundle-sha256 against the release.'
                      if [ -n "$SS_CACHED" ]; then
                        if secret_stash_keep_archive; then :
                        else printf '%s\\n' 'secret-stash: the archive cannot be kept in bundle-cache, so the next job downloads it again. The folder may be full, read-only or a link.' >&2; fi
                      fi
                    fi
                    SS_BUNDLE=$SS_DIR/bundle
                    mkdir "$SS_BUNDLE" && secret_stash_unpack "$SS_ARCHIVE" "$SS_BUNDLE" ||
                      secret_stash_fail "The bundle cannot be unpacked. The image needs tar, and gzip, xz or zstd for an archive of that kind; the temp directory needs room for it (TMPDIR)."
                  fi
                  SS_INDEX=$SS_BUNDLE/index.js
                  [ -f "$SS_INDEX" ] || secret_stash_fail 'There is no index.js in the bundle. Check bundle-path.'
                  if [ -z "$SS_NODE" ]; then
                    SS_NODE=$SS_BUNDLE/runtime/node
                    [ -f "$SS_NODE" ] ||
                      secret_stash_fail 'This image has no supported Node.js (24.5 or later, or 22.21 or later of Node 22). Use an image that has one (node:24), install it in the image, or take the archive of the bundle that brings one (linux-x64, linux-arm64).'
                    secret_stash_has_node ||
                      secret_stash_fail "The Node.js of the bundle does not run here ($SECRET_STASH_ARCH). The archive may be for another architecture, the image may lack libstdc++ or glibc, or the temp directory may forbid programs (noexec; set TMPDIR to another one)."
                  fi
                }
                ss_newline='
                '
                # end bundle.sh
                # begin run.sh
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
                # end run.sh
                if [ -n "$SS_URL" ]; then
                  SS_BUNDLE=''
                  secret_stash_make_directory
                fi
                secret_stash_get_bundle
                secret_stash_run exec -- sh -ec "$SS_COMMAND"
            '''
        }
    }
}

/** withEnv expands $NAME in its arguments (hudson.Util.replaceMacro), which would paste a pull request's title into a command. */
private String literally(Object text) {
    return text.toString().replace('$', '$$')
}
