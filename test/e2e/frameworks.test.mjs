// Frameworks people bring from npm, WebSockets and server-sent events.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { program } from './support/deploy.mjs';
import { Server } from './support/server.mjs';
import { open } from './support/visit.mjs';

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.close());

// Each program answers GET /hello/:name, POST /sum with a JSON array, and 404 with the text "nothing here".
const frameworks = {
  hono: `
    import { Hono } from 'npm:hono@4.6.14';
    const app = new Hono();
    app.use(async (c, next) => { await next(); c.header('x-by', 'middleware'); });
    app.get('/hello/:name', c => c.text('hello ' + c.req.param('name') + ' ' + c.req.query('q')));
    app.post('/sum', async c => c.json({ sum: (await c.req.json()).reduce((a, b) => a + b) }));
    app.notFound(c => c.text('nothing here', 404));
    Deno.serve(app.fetch);`,
  express: `
    import express from 'npm:express@4.21.2';
    const app = express();
    app.use(express.json());
    app.use((_request, answer, next) => { answer.set('x-by', 'middleware'); next(); });
    app.get('/hello/:name', (request, answer) => answer.type('text').send('hello ' + request.params.name + ' ' + request.query.q));
    app.post('/sum', (request, answer) => answer.json({ sum: request.body.reduce((a, b) => a + b) }));
    app.use((_request, answer) => answer.status(404).send('nothing here'));
    app.listen(3000);`,
  koa: `
    import Koa from 'npm:koa@2.15.3';
    import { text } from 'node:stream/consumers';
    const app = new Koa();
    app.use(async (context, next) => { context.set('x-by', 'middleware'); await next(); });
    app.use(async context => {
      const name = /^\\/hello\\/(\\w+)$/.exec(context.path)?.[1];
      if (name) context.body = 'hello ' + name + ' ' + context.query.q;
      else if (context.path === '/sum') context.body = { sum: JSON.parse(await text(context.req)).reduce((a, b) => a + b) };
      else { context.status = 404; context.body = 'nothing here'; }
    });
    app.listen(3000);`,
  'h3, the one of Nitro': `
    import { createApp, createRouter, defineEventHandler, getQuery, getRouterParam, readBody, setResponseHeader, setResponseStatus, toWebHandler } from 'npm:h3@1.13.0';
    const app = createApp({ onRequest: event => setResponseHeader(event, 'x-by', 'middleware') });
    const router = createRouter()
      .get('/hello/:name', defineEventHandler(event => 'hello ' + getRouterParam(event, 'name') + ' ' + getQuery(event).q))
      .post('/sum', defineEventHandler(async event => ({ sum: (await readBody(event)).reduce((a, b) => a + b) })));
    app.use(router);
    app.use(defineEventHandler(event => { setResponseStatus(event, 404); return 'nothing here'; }));
    Deno.serve(toWebHandler(app));`,
};

for (const [name, source] of Object.entries(frameworks))
  test(`framework: ${name}`, async () => {
    const app = await program(server, source);
    const hello = await app.visit('/hello/world?q=%C3%BC');
    assert.deepEqual([hello.status, hello.text, hello.headers['x-by']], [200, 'hello world ü', 'middleware']);
    const sum = await app.visit('/sum', { method: 'POST', body: '[1,2,39]', headers: { 'content-type': 'application/json' } });
    assert.deepEqual(sum.json(), { sum: 42 });
    const none = await app.visit('/none');
    assert.deepEqual([none.status, none.text], [404, 'nothing here']);
  });

const ECHO = `Deno.serve(request => {
  if (request.headers.get('upgrade') !== 'websocket') return new Response('no upgrade', { status: 426 });
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol: 'echo' });
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => data === 'close' ? socket.close(4001, 'as asked') : socket.send(data);
  return response;
})`;

test('a WebSocket echoes text, bytes and a megabyte, and closes with its code', async () => {
  const app = await program(server, ECHO);
  assert.equal((await app.visit()).status, 426);
  const socket = await connect(app.host, ['echo']);
  assert.equal(socket.protocol, 'echo');
  for (const message of ['text ✓', Buffer.from([0, 255, 1]), Buffer.alloc(1 << 20, 7), '']) {
    socket.send(message);
    const [data, binary] = await next(socket, 'message');
    assert.ok(Buffer.from(message).equals(data), `${message.length} bytes became ${data.length}`);
    assert.equal(binary, typeof message !== 'string');
  }
  socket.ping('p');
  assert.equal((await next(socket, 'pong'))[0].toString(), 'p');
  const closed = next(socket, 'close');
  socket.send('close');
  const [code, reason] = await closed;
  assert.deepEqual([code, reason.toString()], [4001, 'as asked']);
});

test('fifty WebSockets at once keep their own messages', async () => {
  const app = await program(server, ECHO);
  await Promise.all(Array.from({ length: 50 }, async (_, n) => {
    const socket = await connect(app.host, ['echo']);
    for (let round = 0; round < 20; round++) {
      socket.send(`${n}/${round}`);
      assert.equal(String((await next(socket, 'message'))[0]), `${n}/${round}`);
    }
    socket.terminate();
  }));
});

test('server-sent events arrive one by one', async () => {
  const GAP_MS = 150;
  const app = await program(server, `Deno.serve(() => {
    let n = 0, timer;
    const body = new ReadableStream({
      start(c) { timer = setInterval(() => { c.enqueue('data: ' + n + '\\n\\n'); if (++n === 5) { clearInterval(timer); c.close(); } }, ${GAP_MS}); },
      cancel() { clearInterval(timer); },
    }).pipeThrough(new TextEncoderStream());
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  })`);
  const response = await open(server, app.host, '/', { headers: { accept: 'text/event-stream', 'accept-encoding': 'gzip, br' } });
  assert.equal(response.headers['content-type'], 'text/event-stream');
  const arrivals = [];
  for await (const piece of response) arrivals.push([performance.now(), String(piece)]);
  assert.deepEqual(arrivals.map(([, text]) => text), [0, 1, 2, 3, 4].map(n => `data: ${n}\n\n`));
  const gaps = arrivals.slice(1).map(([time], n) => time - arrivals[n][0]);
  for (const gap of gaps) assert.ok(gap > GAP_MS / 3, `gaps of ${gaps.map(Math.round)} ms: pieces were held back`);
});

test('a pause longer than a second does not end a stream', async () => {
  const app = await program(server, `Deno.serve(() => new Response(new ReadableStream({
    async start(c) { c.enqueue(new Uint8Array(3)); await new Promise(r => setTimeout(r, 1500)); c.enqueue(new Uint8Array(4)); c.close(); },
  })))`);
  const response = await open(server, app.host);
  let total = 0;
  for await (const piece of response) total += piece.length;
  assert.equal(total, 7);
});

function connect(host, protocols) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`, protocols, { headers: { host }, handshakeTimeout: 10_000 });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

function next(socket, event, limit = 10_000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No ${event} within ${limit} ms`)), limit);
    socket.once(event, (...values) => (clearTimeout(timer), resolve(values)));
  });
}
