// What a program prints: where it shows up, how it is cut, how it is paged, how a flood is held.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { client, program } from './support/deploy.mjs';
import { eventually, follow, pastLogs } from './support/logs.mjs';
import { Server } from './support/server.mjs';
import { REGION, TIME, below, call, expectError, expectJson, links } from './support/wire.mjs';

const MESSAGE_LIMIT = 2048; // bytes
const FLOOD = 20_000; // lines

let server, api;
before(async () => {
  server = await Server.start();
  api = client(server);
});
after(() => server?.close());

// Prints what it is asked to: a JSON array of [method, ...texts].
const PRINTER = `Deno.serve(async request => {
  const print = { log: console.log, error: console.error, raw: text => Deno.stdout.writeSync(new TextEncoder().encode(text)) };
  for (const [how, ...what] of await request.json()) print[how](...what);
  return new Response('printed');
})`;

const print = async (app, lines) => assert.equal((await app.visit('/', { method: 'POST', body: JSON.stringify(lines) })).text, 'printed');

test('stdout is info and stderr is error, live and stored alike', async () => {
  const app = await program(server, PRINTER);
  const live = await follow(server, app.id);
  await print(app, [['log', 'to stdout', 7], ['error', 'to stderr'], ['raw', 'raw bytes\n']]);
  const wanted = { 'to stdout 7': 'info', 'to stderr': 'error', 'raw bytes': 'info' };
  for (const [text, level] of Object.entries(wanted)) {
    const entry = await live.until(line => line.message.trimEnd() === text);
    assert.equal(entry.level, level);
    assert.match(entry.time, TIME);
    assert.match(entry.region, REGION);
  }
  await live.stop();
  await eventually(async () => {
    const stored = await pastLogs(server, app.id);
    return Object.entries(wanted).every(([text, level]) => stored.some(line => line.message.trimEnd() === text && line.level === level));
  });
});

test('the live log filters by level and text, and starts with what comes after', async () => {
  const app = await program(server, PRINTER);
  await print(app, [['log', 'before anybody listened']]);
  const errors = await follow(server, app.id, '?level=error');
  const some = await follow(server, app.id, '?q=needle');
  await print(app, [['log', 'hay'], ['error', 'hay too'], ['log', 'a needle'], ['error', 'the end needle']]);
  await errors.until(line => line.message.includes('the end'));
  await some.until(() => some.entries.length === 2);
  assert.deepEqual(errors.entries.map(line => line.message.trimEnd()), ['hay too', 'the end needle']);
  // stdout and stderr are two pipes: each keeps its order, between them there is none
  assert.deepEqual(some.entries.map(line => line.message.trimEnd()).sort(), ['a needle', 'the end needle']);
  await errors.stop();
  await some.stop();
});

test('stored logs: order, level, text, time range', async () => {
  const app = await program(server, PRINTER);
  await print(app, [['log', 'alpha 1'], ['error', 'beta 2'], ['log', 'alpha 3']]);
  const ask = query => api.deployments.appLogs.get(app.id, { since: '2020-01-01T00:00:00Z', ...query }).then(lines => lines.map(line => line.message.trimEnd()));
  await eventually(async () => (await ask({ q: 'alpha 3' })).length === 1);
  assert.deepEqual(await ask({ q: 'alpha' }), ['alpha 3', 'alpha 1']); // newest first unless asked otherwise
  assert.deepEqual(await ask({ q: 'alpha', order: 'asc' }), ['alpha 1', 'alpha 3']);
  assert.deepEqual(await ask({ q: 'alpha', order: 'timeAsc' }), ['alpha 1', 'alpha 3']);
  assert.ok((await ask({ level: 'error' })).includes('beta 2'));
  assert.ok(!(await ask({ level: 'error' })).includes('alpha 1'));
  assert.deepEqual(await ask({ q: '%' }), []); // text, not a pattern
  assert.deepEqual(await ask({ since: '2020-01-01T00:00:00Z', until: '2020-01-02T00:00:00Z' }), []);
});

test('stored logs page by cursor without a gap or a repeat', async () => {
  const app = await program(server, PRINTER);
  await print(app, Array.from({ length: 25 }, (_, n) => ['log', `page ${n}`]));
  await eventually(async () => (await pastLogs(server, app.id, '&q=page')).length === 25);
  const seen = [];
  let path = `/deployments/${app.id}/app_logs?since=2020-01-01T00:00:00Z&q=page&limit=10`;
  for (let pages = 0; path !== null && pages < 5; pages++) {
    const response = await call(server, path);
    seen.push(...await expectJson(response));
    const { next } = links(response);
    path = next ? below(next) : null;
    if (next) assert.ok(next.searchParams.get('cursor'));
  }
  assert.equal(path, null, 'pages without end');
  assert.deepEqual(seen.map(line => line.message.trimEnd()), Array.from({ length: 25 }, (_, n) => `page ${24 - n}`));
});

test('bad log queries are refused by name', async () => {
  const app = await program(server, PRINTER);
  for (const [name, value] of [['since', 'yesterday'], ['until', '2020-13-01'], ['limit', '0'], ['limit', '10001'], ['order', 'up'], ['level', 'loud'], ['region', 'mars'], ['cursor', 'nonsense']]) {
    const query = new URLSearchParams({ since: '2020-01-01T00:00:00Z', [name]: value });
    assert.match((await expectError(await call(server, `/deployments/${app.id}/app_logs?${query}`), 400)).message, new RegExp(name));
  }
});

test('a message is cut at 2 KB between characters, and odd bytes stay text', async () => {
  const app = await program(server, PRINTER);
  await print(app, [['log', 'cut ' + 'ü'.repeat(3000)], ['log', 'odd \u001b[31mred\u001b[0m \u0000 </script> {"level":"error"} end'], ['log', 'last']]);
  await eventually(async () => (await pastLogs(server, app.id, '&q=last')).length === 1);
  const stored = await pastLogs(server, app.id);
  const cut = stored.find(line => line.message.startsWith('cut '));
  assert.ok(Buffer.byteLength(cut.message) <= MESSAGE_LIMIT, `${Buffer.byteLength(cut.message)} bytes`);
  assert.ok(Buffer.byteLength(cut.message) > MESSAGE_LIMIT - 100);
  assert.ok(!cut.message.includes('\ufffd'));
  const odd = stored.filter(line => line.message.startsWith('odd '));
  assert.equal(odd.length, 1);
  assert.match(odd[0].message, /<\/script> \{"level":"error"\} end/);
  assert.equal(odd[0].level, 'info');
});

test('a flood is held back, counted, and does not touch the neighbour', async () => {
  const [app, neighbour] = [await program(server, `Deno.serve(() => { for (let n = 0; n < ${FLOOD}; n++) console.log('flood ' + n); return new Response('printed') })`), await program(server, PRINTER)];
  const live = await follow(server, neighbour.id);
  const flooding = app.visit('/', { method: 'POST' });
  await print(neighbour, [['log', 'still heard']]);
  await live.until(line => line.message.includes('still heard'), 3_000);
  await live.stop();
  assert.equal((await flooding).status, 200);

  const drops = await eventually(async () => {
    const lines = (await pastLogs(server, app.id, '&q=dropped')).filter(line => !line.message.startsWith('flood'));
    return lines.length > 0 && lines;
  });
  const stored = (await pastLogs(server, app.id, '&q=flood')).filter(line => line.message.startsWith('flood'));
  assert.ok(stored.length >= 500 && stored.length < FLOOD / 2, `${stored.length} lines were stored`);
  const counted = drops.map(line => Number(/\d+/.exec(line.message.replaceAll(',', ''))?.[0] ?? 0)).reduce((a, b) => a + b);
  assert.ok(counted > 0 && counted <= FLOOD, drops.map(line => line.message).join(' | '));
  assert.equal((await app.visit('/')).status, 200);
});
