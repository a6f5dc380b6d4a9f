// What is imported by the API is what Deno reads by KV Connect, and what Deno wrote is listed and exported.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Server } from './support/server.mjs';

const LINES = [
  { key: ['users', 1], value: { type: 'json', value: { name: 'Ada', tags: ['a', 1.5, null, '€'] } } },
  { key: ['users', { bigint: '2' }], value: { type: 'bigint', value: '-18446744073709551617' } },
  { key: [{ bytes: 'AP8=' }, true], value: { type: 'bytes', value: 'AAEC' } },
  { key: ['counter'], value: { type: 'u64', value: '18446744073709551615' } },
  { key: ['date'], value: { type: 'v8', value: '/w9EAAAAAAAAAAA=' } },
];

// reads all, says what it read, then writes what JSON cannot say
const PROGRAM = `
  const kv = await Deno.openKv(Deno.args[0]);
  for await (const { key, value } of kv.list({ prefix: [] }))
    console.log(Deno.inspect([key, value], { depth: 9, compact: true, breakLength: Infinity }));
  await kv.atomic().sum(['counter'], 2n).set(['new', 1], new Map([['when', new Date(0)], ['what', /a+/g]])).set(['new', 2], { deep: [[1n]] }).commit();
  kv.close();`;

const DENO = process.env.ISLET_DENO ?? join(import.meta.dirname, '../../.tools/deno');

let server, database, headers;
before(async () => {
  server = await Server.start();
  headers = { authorization: `Bearer ${server.token}` };
  const made = await ask(`${server.api}/organizations/${server.organizationId}/databases`, 'POST', '{}');
  database = made.id;
});
after(() => server?.close());

const entries = path => `${server.url}/islet/v1/databases/${database}/entries${path}`;

async function ask(url, method = 'GET', body = undefined) {
  const answer = await fetch(url, { method, headers, body });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text);
}

/** What the program printed, by lines. */
async function deno() {
  const directory = join(server.root, 'program');
  await mkdir(directory);
  await writeFile(join(directory, 'main.ts'), PROGRAM);
  const { stdout } = await promisify(execFile)(
    DENO, ['run', '--no-lock', '--unstable-kv', '-A', 'main.ts', `${server.url}/databases/${database}/connect`],
    { cwd: directory, timeout: 60_000, env: { PATH: process.env.PATH, DENO_DIR: join(directory, 'deno'), DENO_KV_ACCESS_TOKEN: server.token, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' } });
  return stdout.trimEnd().split('\n');
}

test('what was imported is read by Deno, what Deno wrote is listed and exported', async () => {
  const imported = await ask(entries('/import'), 'POST', LINES.map(line => JSON.stringify(line)).join('\n'));
  assert.deepEqual(imported, { imported: LINES.length });

  assert.deepEqual(await deno(), [
    "[ [ Uint8Array(2) [ 0, 255 ], true ], Uint8Array(3) [ 0, 1, 2 ] ]",
    "[ [ \"counter\" ], [Deno.KvU64: 18446744073709551615n] ]",
    "[ [ \"date\" ], 1970-01-01T00:00:00.000Z ]",
    "[ [ \"users\", 2n ], -18446744073709551617n ]",
    "[ [ \"users\", 1 ], { name: \"Ada\", tags: [ \"a\", 1.5, null, \"€\" ] } ]",
  ]);

  const listed = await ask(entries('?prefix=["new"]'));
  assert.deepEqual(listed.map(({ value }) => value.display), [
    { $: 'Map', entries: [['when', { $: 'Date', value: '1970-01-01T00:00:00.000Z' }], ['what', { $: 'RegExp', source: 'a+', flags: 'g' }]] },
    { deep: [[{ $: 'bigint', value: '1' }]] },
  ]);
  const exported = (await (await fetch(entries('/export'), { headers })).text()).trimEnd().split('\n').map(line => JSON.parse(line));
  assert.deepEqual(exported.map(({ key }) => JSON.stringify(key)).sort(), [...LINES, { key: ['new', 1] }, { key: ['new', 2] }].map(({ key }) => JSON.stringify(key)).sort());
  assert.deepEqual(exported.find(({ key }) => key[0] === 'counter').value, { type: 'u64', value: '1' });
});
