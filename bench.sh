#!/usr/bin/env bash
# Measures against named peers in the same run; figures are ratios. ./bench.sh [scenario …]
set -euo pipefail
cd "$(dirname "$0")"

eng/setup.sh bench
npm ci --prefix bench --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
ISLET_BIN=$(eng/publish.sh)
export ISLET_BIN DENO_BIN=$PWD/.tools/deno ISLET_NPM_REGISTRY=${ISLET_NPM_REGISTRY:-$(npm config get registry 2>/dev/null)}
exec node bench/run.mjs "$@"
