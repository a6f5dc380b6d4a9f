// Limits set by /islet/v1, met by real programs: each has its own code in the answer and a line in the log. And levels and traces.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { client, deployed, wireAssets } from './support/deploy.mjs';
import { islet } from './support/islet.mjs';
import { eventually, pastLogs } from './support/logs.mjs';
import { Server } from './support/server.mjs';

let server;
before(async () => { server = await Server.start(); });
after(() => server?.close());

const limit = (app, json) => islet(server, `/projects/${app.project.id}/limits`, { method: 'PATCH', json });
const said = (app, pattern) => eventually(async () => (await pastLogs(server, app.id)).some(line => pattern.test(line.message)));

const PROGRAM = {
  'main.ts': `
    const kept: Uint8Array[] = [];
    Deno.serve(async request => {
      const path = new URL(request.url).pathname;
      if (path === '/spin') for (;;);
      if (path === '/eat') for (;;) kept.push(new Uint8Array(4 << 20).fill(1));
      if (path === '/freeze') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      if (path === '/slow') await new Promise(done => setTimeout(done, 3000));
      return new Response('hello');
    });`,
};

test('processor time', async () => {
  const app = await deployed(server, PROGRAM);
  await limit(app, { cpuMsPerRequest: 200, cpuMsPerRequestHard: 400 });
  const answer = await app.visit('/spin');
  assert.equal(answer.status, 502);
  assert.match(answer.text, /TIME_LIMIT/);
  await said(app, /^CPU time limit exceeded/);
  assert.equal((await app.visit()).text, 'hello');
});

test('an event loop that stands', async () => {
  const app = await deployed(server, PROGRAM);
  await limit(app, { eventLoopBlockedMs: 1000 });
  assert.match((await app.visit('/freeze')).text, /EVENT_LOOP_BLOCKED/);
  await said(app, /^Event loop blocked/);
  assert.equal((await app.visit()).text, 'hello');
});

test('memory, from the next start on', async () => {
  const app = await deployed(server, PROGRAM);
  await limit(app, { memoryBytes: 128 << 20 });
  await eventually(async () => (await app.visit('/eat', { limit: 60_000 })).text.includes('MEMORY_LIMIT'), 60_000);
  await said(app, /^Memory limit exceeded/);
});

test('time, requests at once and per second', async () => {
  const app = await deployed(server, PROGRAM);
  await limit(app, { requestTimeoutMs: 500 });
  assert.equal((await app.visit('/slow')).status, 504);
  await limit(app, { requestTimeoutMs: null, concurrentRequests: 1 });
  const slow = app.visit('/slow');
  await new Promise(done => setTimeout(done, 500)); // it is in before the others come
  await eventually(async () => (await app.visit()).text.includes('TOO_MANY_REQUESTS'));
  assert.equal((await slow).text, 'hello');
  await limit(app, { concurrentRequests: null, requestsPerSecond: 2 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => app.visit()));
  assert.ok(answers.some(answer => answer.status === 429 && /RATE_LIMIT/.test(answer.text) && answer.headers['retry-after']));
  assert.ok(answers.some(answer => answer.text === 'hello'));
  await said(app, /refused/i);
});

test('new connections of visitors: those beyond the rate wait, a neighbour answers', async () => {
  const [app, neighbour] = [await deployed(server, PROGRAM), await deployed(server, PROGRAM)];
  await app.visit();
  await limit(app, { connectionsPerSecond: 1 });
  await eventually(async () => (await islet(server, `/projects/${app.project.id}/limits`)).limits.connectionsPerSecond === 1);
  const visits = Array.from({ length: 12 }, () => app.visit().catch(() => null)); // each by a connection of its own
  for (let turn = 0; turn < 12; turn++) assert.equal((await neighbour.visit()).text, 'hello');
  const texts = (await Promise.all(visits)).map(answer => answer?.text);
  assert.ok(texts.some(text => text === 'hello'));
  await said(app, /^Limit of 1 new connections per second of the project reached, \d+ held back$/);
});

test('isolates of the organization', async () => {
  const [first, second] = [await deployed(server, PROGRAM), await deployed(server, PROGRAM)];
  await new Promise(done => setTimeout(done, 2500)); // trial boots end
  await islet(server, `/organizations/${server.organizationId}/limits`, { method: 'PATCH', json: { liveIsolates: 1 } });
  try {
    const answers = await eventually(async () => {
      const pair = await Promise.all([first.visit('/slow'), second.visit('/slow')]);
      return pair.some(answer => answer.status === 503) && pair;
    }, 90_000);
    assert.match(answers.find(answer => answer.status === 503).text, /ISOLATE_LIMIT/);
  } finally {
    await islet(server, `/organizations/${server.organizationId}/limits`, { method: 'PATCH', json: { liveIsolates: null } });
  }
});

test('log lines per second, from the next start on', async () => {
  const project = await client(server).organizations.projects.create(server.organizationId, {});
  await islet(server, `/projects/${project.id}/limits`, { method: 'PATCH', json: { logLinesPerSecond: 10 } });
  const app = await deployed(server, { 'main.ts': `Deno.serve(() => { for (let line = 0; line < 300; line++) console.log('line', line); return new Response('said'); });` }, { project });
  await app.visit();
  const count = lines => ({
    kept: lines.filter(({ message }) => message.startsWith('line ')).length,
    dropped: lines.map(({ message, level }) => level === 'warning' && /^(\d+) log lines dropped$/.exec(message)?.[1]).filter(Boolean).reduce((sum, dropped) => sum + Number(dropped), 0),
  });
  const { kept, dropped } = await eventually(async () => {
    const counted = count(await pastLogs(server, app.id));
    return counted.kept + counted.dropped === 300 && counted;
  });
  assert.ok(kept >= 10 && dropped > 100, `${kept} kept, ${dropped} dropped`);
});

test('asset storage of the organization: nothing is written beyond it', async () => {
  const app = await deployed(server, PROGRAM);
  const limits = assetBytes => islet(server, `/organizations/${server.organizationId}/limits`, { method: 'PATCH', json: { assetBytes } });
  const create = assets => client(server).projects.deployments.create(app.project.id, { entryPointUrl: 'main.ts', envVars: {}, assets: wireAssets(assets) });
  const blobs = async () => (await readdir(join(server.dataDirectory, 'blobs'), { recursive: true })).length;
  await limits(1);
  try {
    const before = await blobs();
    await assert.rejects(create({ ...PROGRAM, 'new.txt': 'contents that are new' }), error => {
      assert.equal(error.status, 400);
      assert.equal(error.error.code, 'assetStorageExceeded');
      assert.match(error.message, /of 1 allowed/);
      return true;
    });
    assert.equal(await blobs(), before);
    assert.deepEqual((await client(server).projects.deployments.list(app.project.id)).map(({ id }) => id), [app.id]);
    await create(PROGRAM); // brings nothing new
  } finally {
    await limits(null);
  }
});

test('console lines have their level and the trace of their request', async () => {
  const app = await deployed(server, {
    'main.ts': `
      console.debug('at start');
      Deno.serve(() => { console.warn('a warning'); console.error('an error'); console.log('a line'); return new Response('said'); });`,
  });
  await app.visit();
  const lines = await eventually(async () => {
    const all = await islet(server, `/deployments/${app.id}/app_logs?since=1970-01-01T00:00:00Z&order=asc`);
    return all.some(line => line.message === 'a line') && all;
  });
  const of = message => lines.find(line => line.message === message);
  assert.deepEqual(['at start', 'a warning', 'an error', 'a line'].map(message => of(message)?.level), ['debug', 'warning', 'error', 'info']);
  for (const message of ['a warning', 'an error', 'a line']) assert.match(of(message).trace ?? '', /^[0-9a-f]{32}$/, message);
});
