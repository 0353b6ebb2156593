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
    ss_reply=$({ secret_stash_say "url = \"$ss_url\""; [ -z "$ss_header" ] || secret_stash_say "header = \"$ss_header\""; } |
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
    ss_status=$(sed -n 's/^ *HTTP[^ ]* \([0-9][0-9][0-9]\).*/\1/p' "$SS_DIR/reply" | tail -n 1)
    ss_location=$(sed -n 's/^ *[Ll]ocation: *\([^ ]*\).*/\1/p' "$SS_DIR/reply" | tr -d '\r' | tail -n 1)
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
    ss_reply=$({ secret_stash_say "$ss_url"; secret_stash_say "$ss_header"; } | secret_stash_node -e 'const fs = require("fs"); const [url, header] = fs.readFileSync(0, "utf8").split("\n"); const at = header.indexOf(":"); const headers = at < 0 ? {} : { [header.slice(0, at)]: header.slice(at + 1).trim() }; (async () => { const reply = await fetch(url, { headers, redirect: "manual" }); fs.writeFileSync(process.argv[1], Buffer.from(await reply.arrayBuffer())); const location = reply.headers.get("location"); process.stdout.write(reply.status + " " + (location ? new URL(location, url) : "")); })().catch(() => process.exit(1));' "$SS_ARCHIVE") || { ss_why='there was no answer'; return 1; }
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
      *[[:space:]]* | *\"* | *\\*) ss_why='the address holds a quote, a backslash or a space'; return 1 ;;
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
      *\"* | *\\* | *"$ss_newline"*) secret_stash_fail 'bundle-header holds a quote, a backslash or a line break. Give one header: JOB-TOKEN: $CI_JOB_TOKEN' ;;
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
      else printf '%s\n' 'secret-stash: the archive in bundle-cache is not the one of bundle-sha256, so it is downloaded again.' >&2; fi
    fi
    if [ "$ss_found" = no ]; then
      secret_stash_download || secret_stash_fail "The bundle cannot be downloaded: $ss_why. Check bundle-url, the proxy settings of this runner, and bundle-header if the registry is private."
      secret_stash_is_bundle "$SS_ARCHIVE" || secret_stash_fail 'The SHA-256 of the bundle is not bundle-sha256, so nothing in it was run. Check bundle-url and bundle-sha256 against the release.'
      if [ -n "$SS_CACHED" ]; then
        if secret_stash_keep_archive; then :
        else printf '%s\n' 'secret-stash: the archive cannot be kept in bundle-cache, so the next job downloads it again. The folder may be full, read-only or a link.' >&2; fi
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
