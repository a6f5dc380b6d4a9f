#!/usr/bin/env bash
# A PostgreSQL 15 for tests, on a free port of loopback and in a directory of its own: no password, nothing durable.
# Prints its address when it is ready, and ends when its input ends, which is when whoever started it does.
set -euo pipefail

bin=/usr/lib/postgresql/15/bin
[ -x $bin/postgres ] || { echo "postgres: PostgreSQL 15 is not installed; run eng/setup.sh test" >&2; exit 1; }

# it refuses to be root
run() { "$@"; }
[ "$(id -u)" != 0 ] || run() { setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; }

directory=$(mktemp -d "${TMPDIR:-/tmp}/islet-postgres-XXXXXX")
chmod 755 "$directory"
[ "$(id -u)" != 0 ] || chown postgres:postgres "$directory"
cd "$directory"
stop() {
  run $bin/pg_ctl -D "$directory/data" -m immediate -w stop >/dev/null 2>&1 || true # it may not have come up
  rm -rf "$directory"
}
trap stop EXIT
trap 'exit 0' INT TERM HUP

run $bin/initdb -D "$directory/data" -U islet --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
for try in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 12000))
  run $bin/pg_ctl -D "$directory/data" -w -l "$directory/log" start -o "-p $port -k $directory -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync=off -c synchronous_commit=off -c full_page_writes=off" >/dev/null && break
  [ $try != 5 ] || { cat "$directory/log" >&2; exit 1; }
done
echo "postgres://islet@127.0.0.1:$port/postgres"
cat >/dev/null
