#!/usr/bin/env bash
# Inside the machine of eng/cgroup2.sh, started by systemd as root: tests, whose output goes to /trial, with a line each on
# the console. What is started from here shares its group with this shell; what a unit starts has one of its own.
set -uo pipefail
cd "$TRIAL_TOP"
export HOME=/root LANG=C.UTF-8 TMPDIR=/scratch CI=true ISLET_NPM_REGISTRY=http://127.0.0.1:4873/
export ISLET_E2E_READY_SECONDS=300 ISLET_BOOT_TIME_LIMIT=60s # an emulated machine is slow
[ $# -gt 0 ] || set -- services units e2e attacks
ip link set lo up
node eng/cgroup2/npm.mjs "$TRIAL_NPM" 4873 &

outcome=passed
# told NAME CODE: one line, and the last ones of its output when it failed
told() {
  echo "cgroup2: $1: $([ "$2" = 0 ] && echo passed || echo FAILED)  $(grep -aE '^ *(total|succeeded|failed|skipped): |^ℹ (pass|fail|skipped) |^[0-9]+ attacks' "/trial/$1.log" | tr -s ' \n' ' ')"
  [ "$2" = 0 ] || outcome=failed
  [ "$2" = 0 ] || grep -aE '^ *(not ok|✖|failed) |ESCAPED|PROBLEM' "/trial/$1.log" | head -20
}

units=(artifacts/bin/Islet.Tests/release/Islet.Tests --no-progress --no-ansi --filter-namespace Islet.Tests.Isolates)
units() {
  timeout -k 5 1500 "${units[@]}" >/trial/units.log 2>&1
  told units $?
  cat >/run/systemd/system/units.service <<UNIT
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
Delegate=yes
TimeoutStartSec=1500
WorkingDirectory=$PWD
Environment=HOME=/root TMPDIR=/scratch CI=true DOTNET_ROOT=$DOTNET_ROOT PATH=$PATH
ExecStart=$PWD/${units[@]}
StandardOutput=file:/trial/units-in-unit.log
StandardError=inherit
UNIT
  systemctl daemon-reload
  systemctl start units.service
  told units-in-unit $?
}
e2e() {
  for file in levels processes caps; do
    node --test --test-concurrency=1 --test-reporter=spec "test/e2e/$file.test.mjs" >"/trial/$file.log" 2>&1
    told "$file" $?
  done
}
services() {
  node --test --test-reporter=spec eng/cgroup2/services.test.mjs >/trial/services.log 2>&1
  told services $?
}
attacks() {
  "$ISLET_BIN" selftest --attack ${ATTACKS:+--only "$ATTACKS"} >/trial/attacks.log 2>&1
  told attacks $?
}
for what; do $what; done
echo $outcome >/trial/outcome
