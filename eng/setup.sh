#!/usr/bin/env bash
# Installs what Islet needs beside the .NET SDK, Node and npm. Quick when all is there.
#   eng/setup.sh          what the server needs
#   eng/setup.sh test     and what the tests need
#   eng/setup.sh bench    and what the benchmarks compare with
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(bubblewrap nftables iproute2 libseccomp2)
[ "${1:-}" = test ] && packages+=(postgresql-15)
[ "${1:-}" = bench ] && packages+=(nginx-light wrk sqlite3)
missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
elif ! command -v bwrap >/dev/null; then
  missing=("${packages[@]}")
fi
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
    if [[ " ${missing[*]} " = *" postgresql-15 "* ]]; then
      # tests start a server of their own: the package is to make none
      mkdir -p /etc/postgresql-common/createcluster.d
      echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/islet.conf
    fi
    $line >/dev/null
  else
    echo "setup: missing system packages; run this line, then start again:" >&2
    echo "    sudo $line" >&2
  fi
fi

# Its unstable interfaces are relied on, each with a test of its own: one exact version.
pinned=$(cat eng/deno.version)
if [ "$(cat .tools/deno.version 2>/dev/null)" != "$pinned" ] || [ ! -x .tools/deno ]; then
  case $(uname -m) in
    x86_64) package=@deno/linux-x64-glibc ;;
    aarch64) package=@deno/linux-arm64-glibc ;;
    *) echo "setup: there is no Deno for $(uname -m)" >&2; exit 1 ;;
  esac
  echo "setup: fetching Deno $pinned"
  mkdir -p .tools/npm
  for try in 1 2 3; do
    npm install --prefix .tools/npm --ignore-scripts --no-audit --no-fund --loglevel=error "$package@$pinned" >/dev/null 2>.tools/npm.log && break
    [ $try = 3 ] && { cat .tools/npm.log >&2; echo "setup: npm could not fetch Deno $pinned" >&2; exit 1; }
    sleep 3
  done
  install -m 755 .tools/npm/node_modules/$package/deno .tools/deno.new
  mv .tools/deno.new .tools/deno
  rm -r .tools/npm
  echo "$pinned" >.tools/deno.version
fi

# The pages at /docs: one script and its licence, served by Islet itself. Without it the server works and /docs says so.
pinned=$(cat eng/scalar.version)
if [ "$(cat .tools/scalar/version 2>/dev/null)" != "$pinned" ]; then
  echo "setup: fetching the API reference $pinned"
  rm -rf .tools/scalar.new && mkdir -p .tools/scalar.new
  for try in 1 2 3; do
    npm pack --silent --pack-destination .tools/scalar.new "@scalar/api-reference@$pinned" >/dev/null 2>.tools/scalar.new/npm.log && break
    [ $try = 3 ] && { cat .tools/scalar.new/npm.log >&2; echo "setup: npm could not fetch the API reference $pinned; /docs will be missing" >&2; }
    sleep 3
  done
  if tar -xzf .tools/scalar.new/*.tgz -C .tools/scalar.new --strip-components=1 package/dist/browser/standalone.js package/LICENSE 2>/dev/null; then
    rm -rf .tools/scalar && mkdir .tools/scalar
    mv .tools/scalar.new/dist/browser/standalone.js .tools/scalar/scalar.js
    mv .tools/scalar.new/LICENSE .tools/scalar/scalar.LICENSE.txt
    echo "$pinned" >.tools/scalar/version
  fi
  rm -rf .tools/scalar.new
fi
