// A secret for a host: the host is sent the value, the program has a placeholder, everybody else is sent that. As root.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { client, deployed } from './support/deploy.mjs';
import { islet } from './support/islet.mjs';
import { eventually, pastLogs } from './support/logs.mjs';
import { PUBLIC, World } from './support/world.mjs';

const skip = process.getuid() !== 0 && 'makes network namespaces: needs root';
if (process.env.CI === 'true' && skip) throw new Error(skip);

const VALUE = 'value-that-no-program-sees-7c41d0';
const PLACEHOLDER = /^islet-secret-[A-Za-z0-9]{32}$/;

const PROGRAM = `
  import https from 'node:https';
  import tls from 'node:tls';
  import v8 from 'node:v8';
  import { Readable } from 'node:stream';
  const [key, ca] = [Deno.env.get('API_KEY')!, Deno.env.get('CA')!];
  const client = Deno.createHttpClient({ caCerts: [ca] });
  const headers = { authorization: 'Bearer ' + key };
  Deno.serve(async request => {
    const asked = new URL(request.url);
    const url = asked.searchParams.get('url')!;
    switch (asked.pathname) {
      case '/key': return new Response(key);
      case '/heap': return new Response(Readable.toWeb(v8.getHeapSnapshot()) as ReadableStream);
      case '/say': console.log('key ' + key); return new Response();
      case '/fetch': {
        const answer = await fetch(url, { client, headers, method: 'POST', body: key });
        return new Response(await answer.text(), { status: answer.status });
      }
      case '/node': return new Promise(done => https.get(url, { headers, agent: false }, answer => done(new Response(String(answer.statusCode)))).on('error', error => done(new Response(String(error)))));
      case '/socket': return new Promise(done => {
        const socket = new WebSocket(url, { client, headers } as any);
        socket.onmessage = event => done(new Response(event.data));
        socket.onerror = event => done(new Response((event as ErrorEvent).message, { status: 500 }));
      });
      case '/issuer': return new Promise(done => {
        const socket = tls.connect({ host: url, servername: url, port: 443, rejectUnauthorized: false }, () => { done(new Response(String(socket.getPeerCertificate().issuer.CN))); socket.destroy(); });
        socket.on('error', error => done(new Response(String(error))));
      });
    }
    return new Response('hello');
  });`;

let world, server;
before(async () => {
  if (skip) return;
  world = await World.make();
  server = await world.serve();
});
after(async () => {
  try {
    await server?.close();
  } finally {
    await world?.close();
  }
});

async function program(secret) {
  const project = await client(server).organizations.projects.create(server.organizationId, {});
  if (secret) await islet(server, `/projects/${project.id}/secrets/API_KEY`, { method: 'PUT', json: { value: VALUE, ...secret } });
  const app = await deployed(server, { 'main.ts': PROGRAM }, { project, envVars: { CA: world.ca, ...secret ? {} : { API_KEY: 'a variable as others' } } });
  app.ask = async (way, url) => {
    world.internet.requests.length = 0;
    const answer = await app.visit(`/${way}?${new URLSearchParams({ url })}`);
    return { ...answer, seen: world.internet.requests.map(({ headers }) => headers.authorization) };
  };
  app.key = (await app.visit('/key')).text;
  return app;
}

test('the named host is sent the value, by every client, in the clear and by TLS', { skip }, async () => {
  const app = await program({ hosts: ['v4.example', 'v6.example'] });
  assert.match(app.key, PLACEHOLDER);
  for (const [way, url] of [
    ['fetch', 'http://v4.example/'], ['fetch', 'https://v4.example/'], ['fetch', 'http://v6.example/'], ['fetch', 'https://v6.example/'],
    ['node', 'https://v4.example/'], ['socket', 'ws://v4.example/'], ['socket', 'wss://v6.example/'],
  ]) {
    const answer = await app.ask(way, url);
    assert.deepEqual(answer.seen, [`Bearer ${VALUE}`], `${way} ${url}: ${answer.status} ${answer.text}`);
    assert.match(answer.text, /^(public|200)$/);
  }
  assert.match((await app.ask('issuer', 'v4.example')).text, /^Islet internal CA/);
  const decided = await eventually(async () => {
    const all = await islet(server, `/deployments/${app.id}/egress?limit=1000`);
    return all.some(({ verdict, sentBytes, receivedBytes }) => verdict === 'closed' && sentBytes > 0 && receivedBytes > 0) && all;
  });
  assert.deepEqual([...new Set(decided.map(({ verdict, rule }) => `${verdict} ${rule}`))].sort(), ['allowed secret', 'closed done']);
});

test('every other host is sent the placeholder, and another name at that address nothing', { skip }, async () => {
  const app = await program({ hosts: ['v4.example'] });
  for (const url of ['http://other.example/', 'https://other.example/', 'https://v6.example/']) assert.deepEqual((await app.ask('fetch', url)).seen, [`Bearer ${app.key}`], url);
  assert.match((await app.ask('issuer', 'other.example')).text, /^Test authority/);

  assert.deepEqual((await app.ask('fetch', 'http://v4.example/')).seen, [`Bearer ${VALUE}`]);
  const byAddress = await app.ask('fetch', `http://${PUBLIC}/`);
  assert.deepEqual([byAddress.status, byAddress.seen], [421, []]);
});

test('without tls only plain HTTP is filled', { skip }, async () => {
  const app = await program({ hosts: ['v4.example'], tls: false });
  assert.deepEqual((await app.ask('fetch', 'http://v4.example/')).seen, [`Bearer ${VALUE}`]);
  assert.deepEqual((await app.ask('fetch', 'https://v4.example/')).seen, [`Bearer ${app.key}`]);
  assert.match((await app.ask('issuer', 'v4.example')).text, /^Test authority/);
});

test('a deployment without secrets is left alone', { skip }, async () => {
  const app = await program();
  assert.deepEqual((await app.ask('fetch', 'https://v4.example/')).seen, ['Bearer a variable as others']);
  assert.match((await app.ask('issuer', 'v4.example')).text, /^Test authority/);
  const decided = await eventually(async () => {
    const all = await islet(server, `/deployments/${app.id}/egress?verdict=allowed&limit=1000`);
    return all.length > 0 && all;
  });
  assert.deepEqual([...new Set(decided.map(({ rule }) => rule))], ['public']);
});

test('the value is not in the program\'s heap, its log, the server\'s log or an answer of the API', { skip }, async () => {
  const app = await program({ hosts: ['v4.example'] });
  for (const url of ['http://v4.example/', 'https://v4.example/', 'https://other.example/']) await app.ask('fetch', url);
  const heap = (await app.visit('/heap')).text;
  assert.ok(heap.includes(app.key), 'its placeholder is not found: the search is blind');
  assert.ok(!heap.includes(VALUE));

  await app.visit('/say');
  const lines = await eventually(async () => {
    const all = await pastLogs(server, app.id);
    return all.some(({ message }) => message === `key ${app.key}`) && all;
  });
  for (const text of [
    JSON.stringify(lines), JSON.stringify(await islet(server, `/deployments/${app.id}/egress?limit=1000`)),
    JSON.stringify(await islet(server, `/projects/${app.project.id}/secrets`)), await readFile(server.logPath, 'utf8'),
  ]) assert.ok(!text.includes(VALUE), text);
});
