// Fills a stopped server's database with projects and deployments by SQL, as if they had been made over years: rows only,
// no assets and no artifacts. One of the projects, the first by name, gets many of the deployments.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { query } from '../../test/e2e/support/postgres.mjs';

const OF_THE_FIRST = 10_000;

/** All of them successful and of `organizationId`; `{ projects, deployments }`. Ids come in no order. */
export function seed(server, organizationId, { projects, deployments }) {
  const first = Math.min(OF_THE_FIRST, deployments / 2);
  const sql = server.database ? postgres : sqlite;
  const statements = `
    ${sql.begin}
    INSERT INTO "Manifests" ("Sha256", "Content") VALUES ('${'0'.repeat(64)}', ${sql.noBytes});
    INSERT INTO "Projects" ("Id", "OrganizationId", "Name", "Description", "CreatedAt", "UpdatedAt")
      SELECT ${sql.uuid('n')}, ${sql.organization(organizationId)}, 'seeded-' || ${sql.padded('n', 6)}, '', ${moment('n')}, ${moment('(n * 7919) % 100003')}
      FROM ${sql.numbers(projects)};
    INSERT INTO "Deployments" ("Id", "OrganizationId", "ProjectId", "Status", "CreatedAt", "UpdatedAt", "Description", "HostTemplates", "Databases",
        "EnableCron", "EntryPoint", "ManifestSha256", "ArtifactId", "Environment")
      SELECT ${sql.deploymentId('n')}, ${sql.organization(organizationId)}, ${sql.uuid(`CASE WHEN n <= ${first} THEN 1 ELSE 2 + n % ${projects - 1} END`)}, 1,
        ${moment('n')}, ${moment('n')}, '', '[]', '{}', ${sql.no}, 'file:///src/main.ts', '${'0'.repeat(64)}', 'seeded', '{}'
      FROM ${sql.numbers(deployments)};
    ${sql.end}`;
  if (server.database) {
    query(server.database, statements);
    query(server.database, 'VACUUM ANALYZE'); // what autovacuum would do while we measure
    return;
  }
  const { status, stderr } = spawnSync('sqlite3', ['-bail', join(server.dataDirectory, 'islet.db')], { input: statements, encoding: 'utf8' });
  if (status !== 0) throw new Error(`sqlite3: ${stderr}`);
}

/** Microseconds, a second apart, in the past. */
const moment = n => `1700000000000000 + (${n}) * 1000000`;

const sqlite = {
  begin: 'PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN;',
  end: 'COMMIT;',
  no: '0',
  noBytes: `x''`,
  numbers: count => `(WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${count}) SELECT n FROM counted)`,
  uuid: n => `(SELECT printf('%08X-0000-4000-8000-%012X', (k * 2654435761) % 4294967296, k) FROM (SELECT ${n} AS k))`,
  organization: id => `'${id.toUpperCase()}'`,
  padded: (n, width) => `printf('%0${width}d', ${n})`,
  deploymentId: n => `printf('%08x%04x', (${n} * 2654435761) % 4294967296, ${n} % 65536)`,
};

const postgres = {
  begin: 'BEGIN; ALTER TABLE "Deployments" DISABLE TRIGGER islet_added;', // else builders would be told
  end: 'ALTER TABLE "Deployments" ENABLE TRIGGER islet_added; COMMIT;',
  no: 'false',
  noBytes: `''::bytea`,
  numbers: count => `generate_series(1::bigint, ${count}) AS numbers(n)`,
  uuid: n => `(lpad(to_hex(((${n}) * 2654435761) % 4294967296), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`,
  organization: id => `'${id}'::uuid`,
  padded: (n, width) => `lpad(${n}::text, ${width}, '0')`,
  deploymentId: n => `lpad(to_hex((${n} * 2654435761) % 4294967296), 8, '0') || lpad(to_hex(${n} % 65536), 4, '0')`,
};
