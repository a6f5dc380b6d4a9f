// What KV databases cost and what they may: analytics, the limit kvBytes, what waits, and programs that are started for messages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { client, deployed } from './support/deploy.mjs';
import { islet } from './support/islet.mjs';
import { database, inside } from './support/kv.mjs';
import { eventually } from './support/logs.mjs';
import { Server } from './support/server.mjs';

const IDLE_SECONDS = 2;
const LOOKED_AT_MS = 40_000; // what databases hold is measured every 15 s

let server;
before(async () => {
  server = await Server.start({ idleSeconds: IDLE_SECONDS });
});
after(() => server?.close());

const quarters = () => ({ since: new Date(Date.now() - 3_600_000).toISOString(), until: new Date(Date.now() + 60_000).toISOString() });
const total = ({ fields, values }, name) => values.reduce((sum, row) => sum + row[fields.findIndex(field => field.name === name)], 0);

test('reads, writes, their units and what is stored are in the analytics of project and organization', async () => {
  const app = await inside(server, await database(server));
  await app.run(async () => {
    const kv = await Deno.openKv();
    for (let n = 0; n < 5; n++) await kv.set([n], new Uint8Array(3_000)); // three units of 1 KiB each
    await kv.getMany([[0], [1], [2]]);
    kv.close();
  });
  const api = client(server);
  await eventually(async () => {
    const used = await api.projects.analytics.get(app.project.id, quarters());
    return total(used, 'kvWriteCount') === 5 && total(used, 'kvWriteUnits') === 15 && total(used, 'kvReadCount') >= 3 && total(used, 'kvReadUnits') >= 3;
  }, 20_000);
  await eventually(async () => total(await api.projects.analytics.get(app.project.id, quarters()), 'kvStorageBytes') >= 15_000, LOOKED_AT_MS);
  const all = await api.organizations.analytics.get(server.organizationId, quarters());
  assert.ok(total(all, 'kvWriteCount') >= 5 && total(all, 'kvStorageBytes') >= 15_000);
});

test('an organization that has used up kvBytes may delete, and nothing else, until it has room again', async () => {
  const app = await inside(server, await database(server));
  await app.run(async () => {
    globalThis.kv = await Deno.openKv();
    await globalThis.kv.set(['here'], 1);
  });
  const limits = kvBytes => islet(server, `/organizations/${server.organizationId}/limits`, { method: 'PATCH', json: { kvBytes } });
  const set = () => app.run(() => globalThis.kv.set(['more'], 1)).then(() => 'done', error => error.message);
  await limits(1);
  await eventually(async () => /has used all the KV storage that it may/.test(await set()), LOOKED_AT_MS);
  await assert.rejects(app.run(() => globalThis.kv.enqueue('more')), /has used all the KV storage/);
  await app.run(() => globalThis.kv.delete(['here']));
  await limits(null);
  await eventually(async () => await set() === 'done', LOOKED_AT_MS);
});

test('a program is started when a message is due and nobody listens; what nobody could handle is kept to be looked at', async () => {
  const shared = await database(server);
  const app = await deployed(server, {
    'main.ts': `
      const kv = await Deno.openKv();
      kv.listenQueue(async message => {
        if (message === 'bad') throw new Error('no');
        await kv.set(['handled', message], 1);
      });
      Deno.serve(async request => {
        await kv.enqueue(new URL(request.url).pathname.slice(1), { delay: ${(IDLE_SECONDS + 4) * 1000}, backoffSchedule: [50] });
        return new Response();
      });`,
  }, { databases: { default: shared.id }, domains: ['{project.name}.deno.dev'] });
  await app.visit('/good');
  await app.visit('/bad');
  const queue = () => islet(server, `/databases/${shared.id}/queue`);
  assert.equal((await queue()).undelivered, 2);
  await eventually(async () => (await queue()).listeners === 0, 20_000); // idle, and gone with its stream
  assert.equal((await queue()).undelivered, 2, 'the messages are not due yet');

  await eventually(async () => (await queue()).undelivered === 0, 40_000);
  const handled = await islet(server, `/databases/${shared.id}/entry?key=${encodeURIComponent('["handled","good"]')}`);
  assert.deepEqual(handled.value, { type: 'json', value: 1 });
  const { deadLetters } = await queue();
  assert.deepEqual(deadLetters.map(({ tries, value }) => ({ tries, value })), [{ tries: 2, value: { type: 'json', value: 'bad' } }]);
});
