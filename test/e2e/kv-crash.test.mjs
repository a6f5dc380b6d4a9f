// kill -9 of the server while clients write to a KV database: what was acknowledged is there, nothing is there by half,
// and versionstamps go on. KV_CRASH_ROUNDS says how often.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createDatabase, set, sum } from './support/kv-wire.mjs';
import { Server } from './support/server.mjs';

const ROUNDS = Number(process.env.KV_CRASH_ROUNDS ?? 10);
const CLIENTS = 8;
const seed = Number(process.env.ISLET_E2E_SEED ?? Date.now() % 100_000);
const random = (state => () => ((state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648))(seed);

let server, database;
before(async () => {
  server = await Server.start();
  database = await createDatabase(server);
  console.log(`ISLET_E2E_SEED=${seed}`);
});
after(() => server?.close());

test(`kill -9 during writes, ${ROUNDS} rounds`, { timeout: 60_000 + ROUNDS * 20_000 }, async () => {
  const figures = { acknowledged: 0, unanswered: 0, unansweredStored: 0 };
  let newest = '0'.repeat(20);
  let stored = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const kv = await connect(server, database);
    const clients = Array.from({ length: CLIENTS }, (_, n) => ({ prefix: `${pad(round)}.${n}`, acknowledged: [], sent: 0, failed: null }));
    const running = clients.map(client => writeUntilItEnds(kv, client));
    while (clients.every(client => client.acknowledged.length === 0 && client.failed === null)) await sleep(5);
    await sleep(random() * 400);
    await server.kill();
    await Promise.all(running);
    await server.boot();

    const again = await connect(server, database);
    for (const client of clients) {
      const { versionstamps, total } = await expectWhole(again, client, newest);
      figures.acknowledged += client.acknowledged.length;
      figures.unanswered += client.sent - client.acknowledged.length;
      figures.unansweredStored += total - client.acknowledged.length;
      client.versionstamps = versionstamps;
      stored += total;
    }
    const all = clients.flatMap(client => client.versionstamps).sort();
    assert.equal(new Set(all).size, all.length, 'each commit has a versionstamp of its own');
    newest = all.at(-1) ?? newest;
    const [[counter]] = await again.read({ start: 'total', end: 'total\0' });
    assert.equal(Number(counter?.value.readBigUInt64LE() ?? 0), stored, `seed ${seed}, round ${round}: each stored write has counted once`);
    const after = await again.write({});
    assert.ok(after > newest, 'versions go on');
    newest = after;
  }
  console.log(`${ROUNDS} rounds: ${JSON.stringify(figures)}`);
  assert.ok(figures.acknowledged > ROUNDS, 'there was something to lose');
});

/** One write after another, each of four keys; a check holds it to the one before. */
async function writeUntilItEnds(kv, client) {
  let last = null;
  try {
    for (;;) {
      const n = ++client.sent;
      last = await kv.write({
        checks: [{ key: `${client.prefix}.a`, versionstamp: last }],
        mutations: [
          set(`${client.prefix}.a`, `${n}`), set(`${client.prefix}.log.${pad(n)}`, Buffer.alloc(1 + random() ** 4 * 60_000, n)),
          sum('total', 1), set(`${client.prefix}.z`, `${n}`),
        ],
      });
      assert.notEqual(last, null, 'nobody else writes these keys');
      client.acknowledged.push(last);
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    client.failed = error; // the server is gone
  }
}

async function expectWhole(kv, { prefix, acknowledged, sent, failed }, before) {
  const [a, z, log] = await kv.read(
    { start: `${prefix}.a`, end: `${prefix}.a\0`, limit: 1 }, { start: `${prefix}.z`, end: `${prefix}.z\0`, limit: 1 },
    { start: `${prefix}.log.`, end: `${prefix}.log/`, limit: 990 });
  const where = `seed ${seed}, client ${prefix}, ${acknowledged.length} of ${sent} acknowledged, then ${failed}`;
  const versionstamps = log.map(entry => entry.versionstamp);
  assert.ok([sent - 1, sent].includes(log.length), `${where}: ${log.length} stored`);
  assert.deepEqual(versionstamps.slice(0, acknowledged.length), acknowledged, where);
  assert.deepEqual(versionstamps, [...versionstamps].sort(), where);
  assert.deepEqual(log.map(entry => entry.key), log.map((_, n) => `${prefix}.log.${pad(n + 1)}`), where);
  assert.ok(log.every((entry, n) => entry.value.every(byte => byte === (n + 1) % 256)), where);
  if (log.length === 0) assert.deepEqual([a, z], [[], []], where);
  else
    for (const [entry] of [a, z]) {
      assert.equal(entry.value.toString(), `${log.length}`, where);
      assert.equal(entry.versionstamp, versionstamps.at(-1), where);
    }
  if (log.length > 0) assert.ok(versionstamps[0] > before, where);
  return { versionstamps, total: log.length };
}

const pad = number => `${number}`.padStart(6, '0');
