#!/usr/bin/env bash
# Builds and publishes the server when a source is newer than what was published. Prints the executable's path.
set -euo pipefail
cd "$(dirname "$0")/.."

published=artifacts/publish/Islet.Server/release/islet
if [ ! -x $published ] || [ -n "$(find src test/attacks Directory.Build.props Directory.Packages.props global.json -newer $published \
    -not -path '*/obj/*' -type f -print -quit)" ]; then
  echo "publish: building the server" >&2
  for try in 1 2 3; do
    dotnet restore src/Islet.Server -v quiet >&2 && break
    [ $try = 3 ] && exit 1
    echo "publish: restore failed, trying again" >&2
    sleep 5
  done
  dotnet publish src/Islet.Server -c Release --no-restore -v quiet -nologo >&2
  touch $published
fi
echo "$PWD/$published"
