#!/usr/bin/env bash
# Sets up, builds and starts Islet with a live sample deployment. Options are those of `islet serve`:
#   ./run.sh [--data DIR] [--listen http://127.0.0.1:8000] [--domain localhost] …
set -euo pipefail
top=$(cd "$(dirname "$0")" && pwd)

"$top/eng/setup.sh"
islet=$("$top/eng/publish.sh")

data=${ISLET_DATA:-$top/.islet}
listen=${ISLET_LISTEN:-http://127.0.0.1:8000}
domain=${ISLET_DOMAIN:-localhost}
arguments=("$@" '')
for i in "${!arguments[@]}"; do
  case "${arguments[i]}" in
    --data) data=${arguments[i + 1]} ;;
    --data=*) data=${arguments[i]#*=} ;;
    --listen) listen=${arguments[i + 1]} ;;
    --listen=*) listen=${arguments[i]#*=} ;;
    --domain) domain=${arguments[i + 1]} ;;
    --domain=*) domain=${arguments[i]#*=} ;;
  esac
done
port=${listen##*:} address=${listen#*://} address=${address%:*} address=${address#[} address=${address%]}
export ISLET_DATA=$data ISLET_LISTEN=$listen ISLET_DOMAIN=$domain
export ISLET_NPM_REGISTRY=${ISLET_NPM_REGISTRY:-$(npm config get registry)}

server=
stop() { [ -n "$server" ] && kill -TERM "$server" 2>/dev/null; }
trap stop INT TERM EXIT

start() {
  "$islet" serve "$@" &
  server=$!
  for _ in $(seq 600); do
    (exec 3<>"/dev/tcp/$address/$port") 2>/dev/null && return 0
    kill -0 "$server" 2>/dev/null || { wait "$server"; return $?; }
    sleep 0.05
  done
  echo "run: the server was not ready within 30 s" >&2
  return 1
}

code=0
start "$@" || code=$?
if [ $code = 3 ]; then # no jail can be made here
  echo "run: starting WITHOUT a jail, for a look only" >&2
  code=0
  start "$@" --unsafe-no-jail || code=$?
fi
[ $code = 0 ] || exit $code

node "$top/eng/deploy-sample.mjs" "$data/credentials.json" "$listen" "$domain" "$top/samples/hello"
wait "$server" || code=$?
trap - EXIT
exit $code
