#!/usr/bin/env bash
# Adds a migration for both engines after the model was changed: eng/migrate.sh NAME
# Takes the newest one away again, files only: eng/migrate.sh --remove
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:?a name for the migration, such as CustomDomains}
dotnet tool restore >/dev/null
dotnet build eng/migrations -v quiet -nologo
for engine in Sqlite Postgres; do
  project=(--project src/Islet.ControlPlane --startup-project eng/migrations --context "${engine}IsletDb" --no-build)
  if [ "$name" = --remove ]; then
    dotnet dotnet-ef migrations remove --force "${project[@]}"
  else
    dotnet dotnet-ef migrations add "$name" --output-dir "Storage/Migrations/$engine" "${project[@]}"
  fi
done
