// What a deployment may use at most, and what its visitors and its log are told when it wants more. Each case is a program
// that goes over a limit; here those of the node's defaults.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from './support/deploy.mjs';
import { eventually, pastLogs } from './support/logs.mjs';
import { Server } from './support/server.mjs';

const LIMIT_MS = 90_000; // of a visit; no limit below takes that long

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.close());

const PROGRAM = `
  import process from 'node:process';
  const born = crypto.randomUUID();
  const acts: Record<string, () => Response | Promise<Response>> = {
    '/spin': () => { for (;;); },
    '/stop': () => { process.kill(process.pid, 'SIGSTOP'); return new Response('awake'); },
    '/wait': () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); return new Response('awake'); },
    '/hang': () => new Promise<Response>(done => setTimeout(() => done(new Response(born)), 25_000)),
  };
  Deno.serve(request => acts[new URL(request.url).pathname]?.() ?? new Response(born));`;

/** Goes over a limit: in-flight requests get the code, the log the line, and the next request a new isolate. */
export async function expectKilled(app, path, { status = 502, code, line }) {
  const { text: born } = await app.visit();
  const [answer, bystander] = await Promise.all([app.visit(path, { limit: LIMIT_MS }), sleep(50).then(() => app.visit('/hang', { limit: LIMIT_MS }))]);
  for (const { status: got, text } of [answer, bystander]) {
    assert.equal(got, status, text);
    assert.match(text, new RegExp(`\\((${code})\\)`));
  }
  const next = await app.visit();
  assert.equal(next.status, 200, next.text);
  assert.notEqual(next.text, born);
  await eventually(async () => (await pastLogs(app.server, app.id)).some(entry => entry.level === 'error' && line.test(entry.message)));
}

const create = async () => Object.assign(await program(server, PROGRAM), { server });

test('an endless loop is ended and a neighbour does not notice', async () => {
  const [app, neighbour] = [await create(), await create()];
  const { text: calm } = await neighbour.visit();
  let over = false;
  const meanwhile = (async () => {
    for (; !over; await sleep(100)) assert.equal((await neighbour.visit()).text, calm);
  })();
  // a machine that is too busy to give it the processor time it may not have ends it for the loop that stands
  await expectKilled(app, '/spin', { code: 'TIME_LIMIT|EVENT_LOOP_BLOCKED', line: /^(CPU time limit exceeded|Event loop blocked for too long), terminated$/ })
    .finally(() => (over = true));
  await meanwhile;
});

test('an isolate that stopped itself, or waits for ever, is noticed; one that lets its visitors wait is not', async () => {
  const [stopped, waiting, patient] = [await create(), await create(), await create()];
  const { text: calm } = await patient.visit();
  const blocked = { code: 'EVENT_LOOP_BLOCKED', line: /^Event loop blocked for too long, terminated$/ };
  const [, , held] = await Promise.all([
    expectKilled(stopped, '/stop', blocked), expectKilled(waiting, '/wait', blocked), patient.visit('/hang', { limit: LIMIT_MS })]);
  assert.equal(held.text, calm);
  assert.deepEqual((await pastLogs(server, patient.id)).filter(entry => entry.level === 'error'), []);
});
