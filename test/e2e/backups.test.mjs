// Backups of KV databases: enabled by the API, made while programs write and servers are killed, restored to the last entry.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Bucket } from './support/bucket.mjs';
import { Command } from './support/command.mjs';
import { emptyDatabase, query } from './support/postgres.mjs';
import { Server } from './support/server.mjs';

const LIMIT_MS = 60_000;
const deno = resolve(import.meta.dirname, '../../.tools/deno');

let bucket, server;
const servers = [];
const directories = [];
before(async () => {
  bucket = await Bucket.start();
});
after(async () => {
  try {
    for (const one of servers) await one.close();
  } finally {
    await bucket?.close();
    for (const one of directories) await rm(one, { recursive: true, force: true });
  }
});

async function start(options = {}) {
  servers.push(await Server.start({ buildLeaseSeconds: 4, env: { ISLET_BACKUP_ENDPOINTS: bucket.endpoint }, ...options }));
  return servers.at(-1);
}

async function v1(path, { method = 'GET', json, of = server } = {}) {
  const answer = await fetch(`${of.url}/v1${path}`, { method, headers: { authorization: `Bearer ${of.token}` }, body: json && JSON.stringify(json) });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return { text, ...JSON.parse(text) };
}

const newDatabase = async () => (await v1(`/organizations/${server.organizationId}/databases`, { method: 'POST', json: {} })).id;

const enable = async (database, prefix, more = {}) => (await v1(`/databases/${database}/database_backups`, {
  method: 'POST', json: { kind: 's3', endpoint: bucket.endpoint, bucketName: bucket.name, bucketRegion: 'us-east-1', prefix, ...bucket.credentials, ...more },
})).id;

async function until(what, probe) {
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; await sleep(200)) {
    const found = await probe();
    if (found) return found;
  }
  assert.fail(`not in time: ${what}\n${await server.logTail()}`);
}

const state = (backup, code) => until(`status ${code}`, async () => {
  const { status, text } = await v1(`/database_backups/${backup}`);
  return status.code === code && { status, text };
});

/** Runs a program outside with `kv` open on a database; gives what it returns. */
async function outside(database, source) {
  const child = spawn(deno, ['eval', '--unstable-kv', `
    const kv = await Deno.openKv('${server.url}/databases/${database}/connect');
    const result = await (async () => { ${source} })();
    console.log(JSON.stringify(result ?? null)); Deno.exit(0);`], { env: { ...process.env, DENO_KV_ACCESS_TOKEN: server.token, NO_COLOR: '1' } });
  let [out, err] = ['', ''];
  child.stdout.on('data', data => { out += data; });
  child.stderr.on('data', data => { err += data; });
  const code = await new Promise(done => child.once('close', done));
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

const everything = database => outside(database, `
  const all = [];
  for await (const { key, value, versionstamp } of kv.list({ prefix: [] })) all.push([key, String(value instanceof Deno.KvU64 ? value.value : value), versionstamp]);
  return all;`);

/** Waits until a part of the log with this version is in the bucket. */
const uploaded = (prefix, versionstamp) => until(`${versionstamp} in the bucket`, async () =>
  ((await bucket.names(`${prefix}logs/`)).at(-1)?.split('_').at(-1) ?? '') >= versionstamp);

async function restore(database, prefix, ...more) {
  const command = new Command(resolve(process.env.ISLET_BIN), [
    'kv', 'restore', '--data', server.dataDirectory, '--database', database, '--endpoint', bucket.endpoint, '--bucket', bucket.name, '--prefix', prefix, ...more,
  ], { env: { ...server.database && { ISLET_DATABASE: server.database }, AWS_ACCESS_KEY_ID: bucket.credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey } });
  return { ...await command.ended(), output: command.output };
}

for (const engine of ['SQLite', 'PostgreSQL']) test(`${engine}: a backup goes on through writes, a bucket that is away and a killed server, and restores every entry, or those until a time`, async () => {
  server = await start(engine === 'PostgreSQL' ? { database: await emptyDatabase() } : {});
  const prefix = `${engine}/`;
  const database = await newDatabase();
  await outside(database, `
    for (let i = 0; i < 300; i++) await kv.set(['before', i], 'x'.repeat(i));
    for (let i = 0; i < 100; i++) await kv.delete(['before', i]);`);
  const backup = await enable(database, prefix);
  await state(backup, 'active');

  await outside(database, `
    for (let i = 0; i < 100; i++) await kv.set(['after', i], i);
    for (let i = 100; i < 150; i++) await kv.delete(['before', i]);
    await kv.atomic().sum(['sum'], 5n).set(['before', 200], 'changed').commit();
    await kv.set(['short'], 'gone soon', { expireIn: 500 });`);
  await until('a part of the log', async () => (await bucket.names(`${prefix}logs/`)).length > 0);

  const then = await everything(database);
  await uploaded(prefix, then.map(entry => entry[2]).sort().at(-1));
  const moment = new Date().toISOString();
  await sleep(10);

  await bucket.shut();
  await outside(database, `for (let i = 0; i < 50; i++) await kv.atomic().set(['away', i], i).sum(['sum'], 1n).commit();`);
  await server.kill();
  await bucket.open();
  await server.boot();
  await outside(database, `await kv.atomic().delete(['after', 0]).set(['last'], true).commit();`);

  const source = await everything(database);
  await uploaded(prefix, source.find(([key]) => key[0] === 'last')[2]);
  const copy = await newDatabase();
  const end = await restore(copy, prefix);
  assert.equal(end.code, 0, end.output);
  assert.deepEqual(await everything(copy), source);
  const next = await outside(copy, `return (await kv.set(['new'], 1)).versionstamp;`);
  assert.ok(source.every(([, , versionstamp]) => versionstamp < next), next);
  const earlier = await newDatabase();
  const endEarlier = await restore(earlier, prefix, '--until', moment);
  assert.equal(endEarlier.code, 0, endEarlier.output);
  assert.deepEqual(await everything(earlier), then);
  assert.notEqual((await restore(copy, prefix)).code, 0, 'restored over a database in use');

  await v1(`/database_backups/${backup}`, { method: 'DELETE' });
  assert.ok((await bucket.names(prefix)).length > 0);
  await state(await enable(database, prefix), 'failed'); // two backups never mix

  // another server, on an empty data directory and database
  const written = await everything(database);
  server = await start(engine === 'PostgreSQL' ? { database: await emptyDatabase() } : {});
  const fresh = await newDatabase();
  await outside(await newDatabase(), 'await kv.get(["makes the directory"]);');
  const made = await restore(fresh, prefix);
  assert.equal(made.code, 0, made.output);
  assert.deepEqual(await everything(fresh), written);
});

test('PostgreSQL: one of two nodes copies; when it is killed the other one goes on', async () => {
  const database = await emptyDatabase();
  const shared = await mkdtemp(join(tmpdir(), 'islet-shared-'));
  directories.push(shared);
  const a = server = await start({ database, shared });
  const b = await start({ database, shared, credentialsOf: a });
  const kept = await newDatabase();
  await outside(kept, `for (let i = 0; i < 20; i++) await kv.set(['before', i], i);`);
  const backup = await enable(kept, 'nodes/');
  await state(backup, 'active');
  const holder = () => query(database, `SELECT "ClaimedBy" FROM "DatabaseBackups" WHERE "Id" = '${backup}'`);
  const first = holder();
  const [killed, other] = (await readFile(join(a.dataDirectory, 'node'), 'utf8')).startsWith(first) ? [a, b] : [b, a];

  server = other; // it writes, the first copies
  const { versionstamp } = await outside(kept, `return await kv.set(['by the other'], 1);`);
  await uploaded('nodes/', versionstamp);
  assert.equal(holder(), first);

  const writing = outside(kept, `for (let i = 0; i < 200; i++) await kv.atomic().set(['during', i], i).delete(['before', i]).commit();`);
  await killed.kill();
  await writing;
  const last = await outside(kept, `return await kv.set(['last'], 1);`);
  await uploaded('nodes/', last.versionstamp);
  assert.notEqual(holder(), first);
  assert.equal(query(database, 'SELECT count(*) FROM kv_changes'), '0');

  const copy = await newDatabase();
  const end = await restore(copy, 'nodes/');
  assert.equal(end.code, 0, end.output);
  assert.deepEqual(await everything(copy), await everything(kept));

  // disabled: nobody keeps changes any more
  await v1(`/database_backups/${backup}`, { method: 'DELETE' });
  await until('no recording', () => query(database, `SELECT count(*) FROM kv_databases WHERE backup IS NOT NULL`) === '0');
  await outside(kept, `await kv.set(['after'], 1);`);
  assert.equal(query(database, 'SELECT count(*) FROM kv_changes'), '0');
  await killed.boot();
});

for (const nodes of ['its own server after a restart', 'another server']) test(`disabled by ${nodes} while changes wait and nobody copies: it ends, and nothing more is uploaded`, async () => {
  const two = nodes === 'another server';
  const options = {};
  if (two) {
    [options.database, options.shared] = [await emptyDatabase(), await mkdtemp(join(tmpdir(), 'islet-shared-'))];
    directories.push(options.shared);
  }
  let killed = server = await start(options);
  if (two) await start({ ...options, credentialsOf: killed });
  const [old, fresh] = two ? ['off-two/', 'on-two/'] : ['off-one/', 'on-one/'];
  const kept = await newDatabase();
  const backup = await enable(kept, old);
  await state(backup, 'active');
  await uploaded(old, (await outside(kept, `return await kv.set(['copied'], 1);`)).versionstamp);
  const names = await bucket.names(old);
  if (two) {
    const holder = query(options.database, `SELECT "ClaimedBy" FROM "DatabaseBackups" WHERE "Id" = '${backup}'`);
    const both = servers.slice(-2);
    const first = await readFile(join(both[0].dataDirectory, 'node'), 'utf8');
    [killed, server] = first.startsWith(holder) ? both : both.reverse();
  }

  await bucket.shut();
  await outside(kept, `await kv.set(['waits'], 1);`);
  await killed.kill();
  if (!two) await server.boot();
  await v1(`/database_backups/${backup}`, { method: 'DELETE' });
  await bucket.open();
  await outside(kept, `await kv.set(['later'], 1);`);
  if (two) await killed.boot();

  // a backup that is enabled now is complete, by whoever makes it, and the old one is as it was
  await state(await enable(kept, fresh), 'active');
  await uploaded(fresh, (await outside(kept, `return await kv.set(['last'], 1);`)).versionstamp);
  assert.deepEqual(await bucket.names(old), names);
  const copy = await newDatabase();
  const end = await restore(copy, fresh);
  assert.equal(end.code, 0, end.output);
  assert.deepEqual(await everything(copy), await everything(kept));
});

test('credentials that are refused: failed for good, with the reason, and the secret nowhere', async () => {
  server = await start();
  const secret = 'not-the-secret-of-this-bucket';
  const backup = await enable(await newDatabase(), 'two/', { secretAccessKey: secret });
  const { status, text } = await state(backup, 'failed');
  assert.match(status.message, /SignatureDoesNotMatch/);
  assert.ok(!text.includes(secret) && !(await readFile(server.logPath, 'utf8')).includes(secret));
  assert.deepEqual(await bucket.names('two/'), []);
});
