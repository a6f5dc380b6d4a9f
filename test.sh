#!/usr/bin/env bash
# Everything: restore, build with warnings as errors, every test. The last line is `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")"

eng/setup.sh test || exit 1
for try in 1 2 3; do
  dotnet restore Islet.slnx -v quiet && break
  [ $try = 3 ] && exit 1
  echo "test: restore failed, trying again" && sleep 5
done
dotnet build Islet.slnx -c Release --no-restore -v quiet -nologo || exit 1
ISLET_BIN=$(eng/publish.sh) || exit 1
export ISLET_BIN ISLET_NPM_REGISTRY=${ISLET_NPM_REGISTRY:-$(npm config get registry 2>/dev/null)}
for try in 1 2 3; do
  npm ci --prefix test/e2e --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && break
  [ $try = 3 ] && exit 1
  sleep 5
done

passed=0 failed=0
# count FILE PASSED-PATTERN FAILED-PATTERN: adds the numbers that a runner printed; none printed is a failure
count() {
  local ok bad
  ok=$(sed -nE "$2" "$1" | tail -1) bad=$(sed -nE "$3" "$1" | tail -1)
  if [ -z "$ok" ] || [ -z "$bad" ]; then failed=$((failed + 1)); return; fi
  passed=$((passed + ok)) failed=$((failed + bad))
}

out=$(mktemp) waited=$(mktemp) && trap 'kill $(jobs -p) 2>/dev/null; rm -f "$out" "$waited"' EXIT
e2e() { node --test --test-concurrency=1 --test-reporter=spec "$@" 2>&1; }

# files that wait more than they compute: beside the unit tests
waiting=(test/e2e/{backups,crons,kv-crash,kv-usage,nodes}.test.mjs)
e2e "${waiting[@]}" >"$waited" &
beside=$!

artifacts/bin/Islet.Tests/release/Islet.Tests --no-progress --no-ansi 2>&1 | tee "$out"
count "$out" 's/^ *succeeded: *([0-9]+).*/\1/p' 's/^ *failed: *([0-9]+).*/\1/p'

# what has a database, once more on PostgreSQL
ISLET_TEST_DATABASE=postgres artifacts/bin/Islet.Tests/release/Islet.Tests --no-progress --no-ansi \
  --filter-namespace Islet.Tests.ControlPlane --filter-namespace Islet.Tests.Api --filter-namespace Islet.Tests.Logs 2>&1 | tee "$out"
count "$out" 's/^ *succeeded: *([0-9]+).*/\1/p' 's/^ *failed: *([0-9]+).*/\1/p'

wait "$beside"
cat "$waited"
count "$waited" 's/^ℹ pass ([0-9]+)/\1/p' 's/^ℹ fail ([0-9]+)/\1/p'

others=()
for file in test/e2e/*.test.mjs; do
  [[ " ${waiting[*]} " = *" $file "* ]] || others+=("$file")
done
e2e "${others[@]}" | tee "$out"
count "$out" 's/^ℹ pass ([0-9]+)/\1/p' 's/^ℹ fail ([0-9]+)/\1/p'

ISLET_TEST_DATABASE=postgres e2e test/e2e/{sdk,wire,fixtures}.test.mjs | tee "$out"
count "$out" 's/^ℹ pass ([0-9]+)/\1/p' 's/^ℹ fail ([0-9]+)/\1/p'

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
