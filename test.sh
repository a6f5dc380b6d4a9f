#!/usr/bin/env bash
# Everything: restore, build with warnings as errors, every test. What failed is told again before the last line, which is
# `N passed, N failed`.
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

# Each process lives for seconds: compiling again what ran 30 times would be half of what it computes.
export DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=0x1000

passed=0 failed=0 out=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$out"' EXIT

# unit [ARGUMENT...], e2e FILE...: the two runners
unit() { artifacts/bin/Islet.Tests/release/Islet.Tests --no-progress --no-ansi "$@" 2>&1; }
e2e() { node --test --test-concurrency=1 --test-reporter=spec "$@" 2>&1; }

# sum FILE PASSED-PATTERN FAILED-PATTERN: adds the numbers that a runner printed; none printed is a failure
sum() {
  local ok bad
  ok=$(sed -nE "$2" "$1" | tail -1) bad=$(sed -nE "$3" "$1" | tail -1)
  if [ -z "$ok" ] || [ -z "$bad" ]; then
    failed=$((failed + 1)) && { echo "no sums were printed:" && tail -30 "$1"; } >>"$out/failures"
    return
  fi
  passed=$((passed + ok)) failed=$((failed + bad))
}
sum_unit() {
  sum "$1" 's/^ *succeeded: *([0-9]+).*/\1/p' 's/^ *failed: *([0-9]+).*/\1/p'
  awk '/^failed /{on=1} /^(passed|skipped|Test run)/{on=0} on' "$1" >>"$out/failures"
}
sum_e2e() {
  sum "$1" 's/^ℹ pass ([0-9]+)/\1/p' 's/^ℹ fail ([0-9]+)/\1/p'
  sed -n '/^✖ failing tests:/,$p' "$1" >>"$out/failures"
}
lap() { echo "-- $1: $((SECONDS - lap)) s" && lap=$SECONDS; }
lap=0 && lap "build"

# files that wait more than they compute: beside the unit tests
waiting=(test/e2e/{backups,crons,kv-crash,kv-usage,nodes}.test.mjs)
e2e "${waiting[@]}" >"$out/waiting" &
beside=$!
unit | tee "$out/unit"
sum_unit "$out/unit"
lap "unit tests"

# what has a database, once more on PostgreSQL
ISLET_TEST_DATABASE=postgres unit --filter-namespace Islet.Tests.{ControlPlane,Api,Logs} | tee "$out/unit-postgres"
sum_unit "$out/unit-postgres"
wait "$beside"
cat "$out/waiting"
sum_e2e "$out/waiting"
lap "unit tests on PostgreSQL, and tests that wait"

# these take as long as all the others, beside which they run: each file knows what is its own
long=(test/e2e/{selftest,soak,levels,crash,resume}.test.mjs) others=()
e2e "${long[@]}" >"$out/long" &
beside=$!
for file in test/e2e/*.test.mjs; do
  [[ " ${waiting[*]} ${long[*]} " = *" $file "* ]] || others+=("$file")
done
e2e "${others[@]}" | tee "$out/others"
sum_e2e "$out/others"
wait "$beside"
cat "$out/long"
sum_e2e "$out/long"
lap "tests of the published server"

ISLET_TEST_DATABASE=postgres e2e test/e2e/{sdk,wire,fixtures}.test.mjs | tee "$out/postgres"
sum_e2e "$out/postgres"
lap "the same on PostgreSQL"

echo
cat "$out/failures"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
