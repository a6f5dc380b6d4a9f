// Two servers on one PostgreSQL and one shared directory: what one does the other knows.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { client, deployed, finished, wireAssets } from './support/deploy.mjs';
import { emptyDatabase, query } from './support/postgres.mjs';
import { Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';

const HELLO = 'Deno.serve(() => new Response(Deno.env.get("WHO") ?? "hello"));';
const LEASE_SECONDS = 2;

let a, b, database, shared;
before(async () => {
  database = await emptyDatabase();
  shared = await mkdtemp(join(tmpdir(), 'islet-shared-'));
  // both at once on an empty database; one of them makes the first user
  const started = await Promise.all([start(), start()]);
  [a, b] = await firstOf(started);
});
after(async () => {
  await a?.close();
  await b?.close();
  if (shared) await rm(shared, { recursive: true, force: true });
});

const start = () => Server.start({ database, shared, buildLeaseSeconds: LEASE_SECONDS, mayLackCredentials: true });

/** The server with credentials first; the other gets the same. */
async function firstOf(servers) {
  const made = await Promise.all(servers.map(server => readFile(join(server.dataDirectory, 'credentials.json'), 'utf8').catch(() => null)));
  assert.equal(made.filter(Boolean).length, 1, 'one first start');
  const first = made.findIndex(Boolean);
  const second = servers[1 - first];
  second.options.credentialsOf = servers[first];
  const { organizationId, token } = JSON.parse(made[first]);
  Object.assign(second, { organizationId, token });
  return [servers[first], second];
}

/** Asks until it holds; gives the time it took. Generous: what is meant is a second. */
async function eventually(holds, what, limit = 10_000) {
  const begin = Date.now();
  for (;;) {
    const found = await holds();
    if (found) return { found, after: Date.now() - begin };
    assert.ok(Date.now() - begin < limit, `${what}: not within ${limit} ms`);
    await sleep(20);
  }
}

const answers = (server, host, text) => eventually(async () => (await visit(server, host)).text === text, `${host} answers ${text}`);

test('one database has one first user', () => {
  assert.equal(query(database, 'SELECT count(*) FROM "Users"'), '1');
});

test('a project made at one is listed by the other', async () => {
  const project = await client(a).organizations.projects.create(a.organizationId, {});
  const listed = await client(b).organizations.projects.list(b.organizationId, { q: project.name });
  assert.ok([...listed.data ?? listed].some(one => one.id === project.id));
});

test('a deployment made at one answers through the other, is switched, limited and deleted with it', async () => {
  // 1 seen; measured from its first visible success
  const old = await deployed(a, { 'main.ts': HELLO }, { envVars: { WHO: 'old' }, domains: ['{project.name}.deno.dev'] });
  const { after: seen } = await answers(b, old.host, 'old');
  console.log(`seen by the other node after ${seen} ms`);
  assert.ok(seen < 5_000, `${seen} ms`);

  // 2 the newer one takes the domain at both
  const newer = await deployed(b, { 'main.ts': HELLO }, { project: old.project, envVars: { WHO: 'new' }, domains: ['{project.name}.deno.dev'] });
  assert.equal(newer.host, old.host);
  await answers(a, old.host, 'new');

  // 3 a limit
  const limited = await fetch(`${a.url}/islet/v1/projects/${old.project.id}/limits`, {
    method: 'PATCH', headers: { authorization: `Bearer ${a.token}`, 'content-type': 'application/json' }, body: JSON.stringify({ requestsPerSecond: 1 }),
  });
  assert.equal(limited.status, 200, await limited.text());
  await eventually(async () => (await Promise.all(Array.from({ length: 5 }, () => visit(b, old.host)))).some(answer => answer.status === 429), 'limited');

  // 4 gone
  await client(a).deployments.delete(newer.id);
  await eventually(async () => (await visit(b, old.host)).status === 404, 'gone at the other');
});

test('a redeployment at the other node starts from what the first one built', async () => {
  const source = await deployed(a, { 'main.ts': HELLO });
  const again = await client(b).deployments.redeploy(source.id, { env_vars: { WHO: 'again' } });
  const app = await finished(b, source.project, again.id);
  assert.equal(app.deployment.status, 'success', app.log);
  assert.equal((await visit(b, app.host)).text, 'again');
});

test('the build log of one is read at the other', async () => {
  const app = await deployed(a, { 'main.ts': HELLO });
  const there = await finished(b, app.project, app.id);
  assert.equal(there.log, app.log);
  assert.match(there.log, /Deployed to /);
});

test('a password stands on no command line, and a database that cannot be had is told in one line', async () => {
  const withPassword = database.replace('islet@', 'islet:open-sesame@');
  const told = spawnSync(process.env.ISLET_BIN, ['settings', '--database', withPassword], { encoding: 'utf8' });
  assert.equal(told.status, 0, told.stderr);
  assert.match(told.stdout, /^database\tpostgres:\/\/islet@127/m);
  assert.doesNotMatch(told.stdout, /open-sesame/);

  const lines = await Promise.all((await a.processes()).map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8')));
  for (const line of lines) assert.doesNotMatch(line, /postgres:/);

  const data = join(shared, '..', `${basename(shared)}-data`);
  try {
    const missing = spawnSync(process.env.ISLET_BIN, ['serve', '--data', data, '--listen', 'http://127.0.0.1:1', '--database', withPassword.replace(/[^/]*$/, 'absent')], { encoding: 'utf8' });
    assert.equal(missing.status, 4, missing.stdout);
    assert.match(missing.stderr, /^islet: The database postgres:\/\/islet@127\.0\.0\.1:\d+\/absent cannot be used: .*does not exist\n$/);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});

test('a build whose node is killed is taken over, and one whose node lives is not', async () => {
  // the node that gets it is the one that is killed: only A is asked, B is told by the database
  const slow = 'await new Promise(done => setTimeout(done, 5_000)); Deno.serve(() => new Response("built"));';
  const project = await client(a).organizations.projects.create(a.organizationId, {});
  const created = await client(a).projects.deployments.create(project.id, { entryPointUrl: 'main.ts', envVars: {}, assets: wireAssets({ 'main.ts': slow }) });
  const claimed = () => query(database, `SELECT "ClaimedBy" FROM "Deployments" WHERE "Id" = '${created.id}'`);
  const { found: builder } = await eventually(claimed, 'claimed');

  // longer than the lease: the claim is renewed
  await sleep((LEASE_SECONDS + 1) * 1_000);
  assert.equal(claimed(), builder);

  const nodes = await Promise.all([a, b].map(server => readFile(join(server.dataDirectory, 'node'), 'utf8')));
  const [victim, survivor] = builder.startsWith(nodes[0]) ? [a, b] : [b, a];
  await victim.kill();
  await eventually(() => claimed() !== builder, 'taken over', 30_000);
  const app = await finished(survivor, project, created.id);
  assert.equal(app.deployment.status, 'success', app.log);
  assert.equal((await visit(survivor, app.host)).text, 'built');

  // the killed one comes back and serves it too
  await victim.boot();
  assert.equal((await visit(victim, app.host)).text, 'built');
});
