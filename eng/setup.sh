#!/usr/bin/env bash
# Installs what Islet needs beside the .NET SDK, Node and npm. Quick when all is there.
#   eng/setup.sh          what the server needs
#   eng/setup.sh bench    and what the benchmarks compare with
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(bubblewrap nftables iproute2 libseccomp2)
[ "${1:-}" = bench ] && packages+=(nginx-light wrk)
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  line="apt-get install -y --no-install-recommends ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "setup: please install the equivalents of: ${missing[*]}" >&2
  elif [ "$(id -u)" = 0 ]; then
    echo "setup: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    # a service that comes with a package is not to start here
    export RUNLEVEL=1
    apt-get update -qq >/dev/null
    $line >/dev/null
  else
    echo "setup: missing system packages; run this line, then start again:" >&2
    echo "    sudo $line" >&2
  fi
fi

pinned=$(sed -n 's/.*linux-x64-glibc": "\(.*\)".*/\1/p' eng/deno/package.json)
if [ "$(cat .tools/deno.version 2>/dev/null)" != "$pinned" ] || [ ! -x .tools/deno ]; then
  echo "setup: fetching Deno $pinned"
  for try in 1 2 3; do
    npm ci --prefix eng/deno --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && break
    [ $try = 3 ] && { echo "setup: npm could not fetch Deno $pinned" >&2; exit 1; }
    sleep 3
  done
  mkdir -p .tools
  cp --reflink=auto eng/deno/node_modules/@deno/linux-*/deno .tools/deno.new
  chmod 755 .tools/deno.new
  mv .tools/deno.new .tools/deno
  echo "$pinned" >.tools/deno.version
fi
