// The life of an isolate: idle, crash, memory, delete, and the switch to a newer deployment under load.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { client, deployed, finished, program } from './support/deploy.mjs';
import { eventually, pastLogs } from './support/logs.mjs';
import { Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';

const IDLE_SECONDS = 1;
const PAST_IDLE_MS = 2_500;

let server, api;
before(async () => {
  server = await Server.start({ idleSeconds: IDLE_SECONDS });
  api = client(server);
});
after(() => server?.close());

// Answers with the name of its process; other paths misbehave in the way they are called.
const BORN = `
  const born = crypto.randomUUID();
  const never = new Promise<Response>(() => {});
  const pieces: unknown[] = [];
  const acts: Record<string, () => Response | Promise<Response>> = {
    '/throw-later': () => { setTimeout(() => { throw new Error('boom') }); return never; },
    '/reject': () => { Promise.reject(new Error('nobody catches')); return never; },
    '/exit': () => Deno.exit(7),
    '/throw': () => { throw new Error('in the handler'); },
    '/hang': () => never,
    '/buffers': () => { for (;;) pieces.push(new Uint8Array(16 << 20).fill(1)); },
    '/heap': () => { for (;;) pieces.push(Array.from({ length: 100_000 }, (_, n) => ({ n }))); },
  };
  Deno.serve(request => acts[new URL(request.url).pathname]?.() ?? new Response(born));`;

test('an idle isolate ends and the next request starts another', async () => {
  const app = await program(server, BORN);
  const cold = await app.visit(); // by the isolate of the trial boot, or a cold one
  const warm = await app.visit();
  assert.equal(warm.text, cold.text);
  assert.equal(warm.headers['server-timing'], undefined);
  await sleep(PAST_IDLE_MS);
  const again = await app.visit();
  assert.equal(again.status, 200);
  assert.notEqual(again.text, cold.text);
  assert.match(again.headers['server-timing'] ?? '', /cold;dur=\d/);
});

test('a long answer and a talking WebSocket are not idle', async () => {
  const app = await program(server, `
    const born = crypto.randomUUID();
    Deno.serve(request => {
      if (request.headers.has('upgrade')) {
        const { socket, response } = Deno.upgradeWebSocket(request);
        socket.onmessage = ({ data }) => socket.send(data + ' ' + born);
        return response;
      }
      return new Response(new ReadableStream({ async start(c) {
        await new Promise(r => setTimeout(r, ${PAST_IDLE_MS}));
        c.enqueue(new TextEncoder().encode(born)); c.close();
      } }));
    })`);
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`, { headers: { host: app.host } });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const { text: born } = await app.visit();
  for (let n = 0; n < 6; n++) {
    const answer = new Promise(resolve => socket.once('message', data => resolve(String(data))));
    socket.send(`${n}`);
    assert.equal(await answer, `${n} ${born}`);
    await sleep(400);
  }
  socket.terminate();
});

for (const path of ['/throw-later', '/reject', '/exit'])
  test(`a crash (${path}) fails what is in flight with 502, then a new isolate serves`, async () => {
    const app = await program(server, BORN);
    const { text: born } = await app.visit();
    const bystander = visit(server, app.host, '/hang');
    await sleep(100); // let it arrive
    for (const answer of await Promise.all([app.visit(path), bystander])) {
      assert.equal(answer.status, 502, answer.text);
      assert.match(answer.text, /The deployment failed while serving the request\./);
      assert.match(answer.text, /UNCAUGHT_EXCEPTION/);
    }
    const next = await app.visit();
    assert.equal(next.status, 200, next.text);
    assert.notEqual(next.text, born);
  });

test('the log tells the tenant why it crashed', async () => {
  const app = await program(server, BORN);
  await app.visit('/throw-later');
  const entry = await eventually(async () => (await pastLogs(server, app.id)).find(line => line.message.includes('boom')));
  assert.equal(entry.level, 'error');
});

test('a throw in a handler is the program’s own 500, not a crash', async () => {
  const app = await program(server, BORN);
  const { text: born } = await app.visit();
  assert.equal((await app.visit('/throw')).status, 500);
  assert.equal((await app.visit()).text, born);
});

for (const path of ['/buffers', '/heap'])
  test(`a memory eater (${path}) is ended with MEMORY_LIMIT and hurts nobody else`, async () => {
    const [app, neighbour] = [await program(server, BORN), await program(server, BORN)];
    const { text: calm } = await neighbour.visit();
    await processorTime(60_000); // collecting garbage takes some, and memory is to be the limit that is met
    const eaten = app.visit(path, { limit: 60_000 });
    const meanwhile = [];
    for (let n = 0; n < 10; n++, await sleep(100)) meanwhile.push((await neighbour.visit()).text);
    assert.deepEqual(new Set(meanwhile), new Set([calm]));
    const answer = await eaten;
    assert.equal(answer.status, 502, answer.text);
    assert.match(answer.text, /MEMORY_LIMIT/);
    assert.equal((await app.visit()).status, 200);
    await eventually(async () => (await pastLogs(server, app.id)).some(line => line.message.startsWith('Memory limit exceeded, terminated')));
    await processorTime(null);
  });

async function processorTime(milliseconds) {
  const answer = await fetch(`${server.url}/islet/v1/organizations/${server.organizationId}/limits`, {
    method: 'PATCH', headers: { authorization: `Bearer ${server.token}` },
    body: JSON.stringify({ cpuMsPerRequest: milliseconds, cpuMsPerRequestHard: milliseconds }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

test('delete: the very next request is a 404, also for a whole project', async () => {
  const first = await program(server, BORN);
  const second = await program(server, BORN, { project: first.project });
  assert.deepEqual([(await first.visit()).status, (await second.visit()).status], [200, 200]);
  await api.deployments.delete(first.id);
  assert.deepEqual([(await first.visit()).status, (await second.visit()).status], [404, 200]);
  await api.projects.delete(first.project.id);
  assert.equal((await second.visit()).status, 404);
});

const version = n => ({ 'main.ts': `
  Deno.serve(async request => {
    const wait = Number(new URL(request.url).searchParams.get('wait') ?? 0);
    await new Promise(r => setTimeout(r, wait));
    return new Response('v${n}');
  })` });
const domains = ['{project.name}.deno.dev'];

test('the project’s domain moves to a new deployment without one failed request', async () => {
  const one = await deployed(server, version(1), { domains });
  assert.equal(one.host, `${one.project.name}.localhost`);
  const answers = new Set();
  let go = true;
  const visitors = Array.from({ length: 12 }, async () => {
    while (go) answers.add(await one.visit('/').then(a => `${a.status} ${a.text}`, error => `${error}`));
  });
  const slow = visit(server, one.host, '/?wait=2000'); // began on the old one, ends there: it is drained, not cut
  try {
    for (const n of [2, 3]) {
      const next = await deployed(server, version(n), { project: one.project, domains });
      assert.deepEqual(next.deployment.domains, [one.host]);
      assert.equal((await one.visit()).text, `v${n}`); // as soon as the build log has ended
    }
  } finally {
    go = false;
    await Promise.all(visitors);
  }
  assert.equal((await slow).text, 'v1');
  assert.deepEqual([...answers].sort(), ['200 v1', '200 v2', '200 v3']);
  assert.deepEqual((await api.deployments.get(one.id)).domains, []); // moved away
});

test('a redeploy takes no domain from its source, and both serve', async () => {
  const app = await deployed(server, version(1), { domains });
  const again = await finished(server, app.project, (await api.deployments.redeploy(app.id, {})).id);
  assert.notEqual(again.host, app.host);
  assert.deepEqual([(await app.visit()).text, (await again.visit()).text], ['v1', 'v1']);
});

test('SIGTERM lets a request in flight finish, and a restart serves what was there', async () => {
  const app = await deployed(server, version(1), { domains });
  await app.visit(); // warm
  const inFlight = app.visit('/?wait=1500');
  await sleep(200); // let it arrive
  const [answer, end] = await Promise.all([inFlight, server.stop()]);
  assert.deepEqual([answer.text, end.code], ['v1', 0]);
  await server.expectNoTraces();
  await server.boot();
  assert.equal((await app.visit()).text, 'v1');
});
