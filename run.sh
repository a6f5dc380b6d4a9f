#!/usr/bin/env bash
# Sets up, builds and starts Islet with a live sample deployment. Options are those of `islet serve`:
#   ./run.sh [--data DIR] [--listen http://127.0.0.1:8000] [--domain localhost] …
# Ctrl+C or SIGTERM ends all of it.
set -euo pipefail
top=$(cd "$(dirname "$0")" && pwd)

case " $* " in *' --help '* | *' -h '* | *' -? '*) exec "$("$top/eng/publish.sh")" serve --help ;; esac
"$top/eng/setup.sh"
islet=$("$top/eng/publish.sh")
export ISLET_NPM_REGISTRY=${ISLET_NPM_REGISTRY:-$(npm config get registry 2>/dev/null)}

# What the server will be told, by its own account. Only the place of the data is ours: beside this script.
told=$("$islet" settings "$@")
of() { awk -F '\t' -v name="$1" -v column="$2" '$1 == name { print $column }' <<<"$told"; }
data=$(of data 2) listen=$(of listen 2) domain=$(of domain 2)
if [ "$(of data 3)" = default ]; then
  data=$top/.islet
  export ISLET_DATA=$data
fi

server='' helper='' stopping=''
stop() {
  stopping=1
  for process in $server $helper; do kill -TERM "$process" 2>/dev/null || true; done
}
trap stop INT TERM HUP
trap '[ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true' EXIT

# Waits for a child to its end, whatever signal comes in between, and gives its exit code.
end_of() {
  local code=0
  while code=0; wait "$1" || code=$?; kill -0 "$1" 2>/dev/null; do :; done
  return $code
}

# The server writes its number when it is ready: the port alone could be somebody else's.
start() {
  "$islet" serve "$@" &
  server=$!
  for _ in $(seq 1200); do
    [ -z "$stopping" ] || return 0
    [ "$(cat "$data/run/ready" 2>/dev/null)" = "$server" ] && return 0
    kill -0 "$server" 2>/dev/null || { local ended=$server; server=''; end_of "$ended"; return; }
    sleep 0.05 || true
  done
  echo "run: the server was not ready within 60 s" >&2
  return 1
}

code=0
start "$@" || code=$?
if [ $code = 3 ] && [ -z "$stopping" ]; then # no jail can be made here
  echo "run: no jail can be made here; starting WITHOUT one, for a look at Islet only" >&2
  code=0
  start "$@" --unsafe-no-jail || code=$?
fi
[ $code = 0 ] || exit $code

if [ -z "$stopping" ]; then
  node "$top/eng/deploy-sample.mjs" "$data/credentials.json" "$listen" "$domain" "$top/samples/hello" &
  helper=$!
  end_of "$helper" || [ -n "$stopping" ] || exit 1
  helper=
fi
end_of "$server" || code=$?
server=
exit $code
