// HTTP as visitors speak it: versions, methods, bodies of any size, many at once, hanging up.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import http2 from 'node:http2';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { follow, pastLogs } from './support/logs.mjs';
import { program } from './support/deploy.mjs';
import { exchange } from './support/raw.mjs';
import { Server } from './support/server.mjs';
import { open, visit } from './support/visit.mjs';

const MIB = 1 << 20;

let server, echo;
before(async () => {
  server = await Server.start();
  echo = await program(server, `Deno.serve(async request => new Response(
    request.method + ' ' + new URL(request.url).pathname + ' ' + await request.text(), { headers: { 'x-a': 'b' } }))`);
});
after(() => server?.close());

test('an unknown host is DEPLOYMENT_NOT_FOUND, as text or HTML', async () => {
  const text = await visit(server, 'nobody-000000000000.localhost', '/', { headers: { accept: 'text/plain' } });
  assert.equal(text.status, 404);
  assert.match(text.text, /The requested deployment does not exist\./);
  assert.match(text.text, /DEPLOYMENT_NOT_FOUND/);
  assert.match(text.headers['x-deno-ray'], /\S/);
  const html = await visit(server, 'nobody-000000000000.localhost', '/', { headers: { accept: 'text/html' } });
  assert.match(html.headers['content-type'], /^text\/html/);
  assert.match(html.text, /DEPLOYMENT_NOT_FOUND/);
});

test('hosts compare without case and port', async () => {
  for (const host of [echo.host.toUpperCase(), `${echo.host}:${server.port}`])
    assert.equal((await visit(server, host, '/p')).text, 'GET /p ');
});

test('methods, also of one’s own making', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])
    assert.equal((await echo.visit('/m', { method })).text, `${method} /m `);
});

test('HEAD has the headers and no body', async () => {
  const { text } = await exchange(server, `HEAD /h HTTP/1.1\r\nHost: ${echo.host}\r\nConnection: close\r\n\r\n`);
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.match(text, /\r\nx-a: b\r\n/i);
  assert.ok(text.endsWith('\r\n\r\n'), text);
});

test('HTTP/1.0 gets a body without chunks and a closed connection', async () => {
  const { text, end } = await exchange(server, `GET /old HTTP/1.0\r\nHost: ${echo.host}\r\n\r\n`);
  assert.match(text, /^HTTP\/1\.[01] 200 /);
  assert.doesNotMatch(text, /transfer-encoding/i);
  assert.ok(text.endsWith('\r\n\r\nGET /old '), text);
  assert.equal(end, 'closed');
});

test('requests in a pipeline are answered in order', async () => {
  const request = (path, rest) => `GET ${path} HTTP/1.1\r\nHost: ${echo.host}\r\n${rest}\r\n`;
  const { text } = await exchange(server, request('/1', '') + request('/2', '') + request('/3', 'Connection: close\r\n'));
  assert.deepEqual([...text.matchAll(/GET (\/\d) /g)].map(([, path]) => path), ['/1', '/2', '/3']);
});

test('Expect: 100-continue is answered before the body comes', async () => {
  const head = `POST /c HTTP/1.1\r\nHost: ${echo.host}\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`;
  const { text } = await exchange(server, [head, 300, 'body']);
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  assert.ok(text.includes('POST /c body'), text);
});

test('a chunked body with trailers arrives whole', async () => {
  const head = `POST /t HTTP/1.1\r\nHost: ${echo.host}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: close\r\n\r\n`;
  const { text } = await exchange(server, [head, '5\r\nhello\r\n', 50, '1;ext=1\r\n!\r\n', '0\r\nX-Sum: 6\r\n\r\n']);
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.ok(text.includes('POST /t hello!'), text);
});

test('bodies that contradict themselves are refused', async () => {
  for (const headers of ['Content-Length: 3\r\nTransfer-Encoding: chunked', 'Content-Length: 3\r\nContent-Length: 4', 'Transfer-Encoding: gibberish', 'Content-Length: -1']) {
    const { text } = await exchange(server, `POST / HTTP/1.1\r\nHost: ${echo.host}\r\n${headers}\r\n\r\nabc`);
    assert.match(text, /^HTTP\/1\.1 (400|501) /, headers);
  }
});

test('HTTP/2 by prior knowledge', async () => {
  const session = http2.connect(server.url);
  try {
    const ask = (path, body) => new Promise((resolve, reject) => {
      const stream = session.request({ ':path': path, ':authority': echo.host, ':method': body ? 'POST' : 'GET' });
      let status, text = '';
      stream.setEncoding('utf8').on('response', headers => (status = headers[':status'])).on('data', data => (text += data));
      stream.on('end', () => resolve([status, text])).on('error', reject).end(body);
    });
    assert.deepEqual(await Promise.all([ask('/one'), ask('/two', 'x'), ask('/three')]),
      [[200, 'GET /one '], [200, 'POST /two x'], [200, 'GET /three ']]);
  } finally {
    session.destroy();
  }
});

test('50 MB up and down arrive byte for byte while the server’s memory stays flat', async () => {
  const app = await program(server, `
    import { createHash } from 'node:crypto';
    Deno.serve(async request => {
      if (request.method === 'GET') {
        let left = 50;
        const piece = new Uint8Array(${MIB}).fill(120);
        return new Response(new ReadableStream({ pull(c) { left-- > 0 ? c.enqueue(piece) : c.close(); } }));
      }
      await new Promise(r => setTimeout(r, 700)); // the sender must wait, not the server hold it all
      const hash = createHash('sha256');
      for await (const piece of request.body!) hash.update(piece);
      return new Response(hash.digest('hex'));
    })`);
  const piece = randomBytes(MIB);
  const upload = count => Readable.from((function* () { for (let n = 0; n < count; n++) yield piece; })());
  const digest = count => Array.from({ length: count }).reduce(hash => hash.update(piece), createHash('sha256')).digest('hex');
  const down = async count => {
    let total = 0;
    const response = await open(server, app.host);
    await sleep(700); // a reader that takes its time
    for await (const data of response) if ((total += data.length) >= count * MIB) break;
    return total;
  };
  assert.equal((await app.visit('/', { method: 'POST', body: upload(8) })).text, digest(8)); // warm
  await down(8);

  const before = await server.residentMiB();
  let peak = before;
  const watch = setInterval(async () => (peak = Math.max(peak, await server.residentMiB())), 20);
  try {
    assert.equal((await app.visit('/', { method: 'POST', body: upload(50) })).text, digest(50));
    assert.equal(await down(50), 50 * MIB);
  } finally {
    clearInterval(watch);
  }
  assert.ok(peak - before < 25, `the server grew from ${before.toFixed(1)} to ${peak.toFixed(1)} MiB`);
});

test('200 requests at once to a cold deployment: one start, 200 right answers', async () => {
  const app = await program(server, `
    const born = crypto.randomUUID();
    Deno.serve(async request => Response.json([born, new URL(request.url).searchParams.get('n'), await request.text()]))`);
  const agent = new http.Agent({ maxSockets: 200 });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => app.visit(`/?n=${n}`, { agent, method: 'POST', body: `b${n}` })));
  agent.destroy();
  answers.forEach((answer, n) => assert.deepEqual([answer.status, answer.json().slice(1)], [200, [`${n}`, `b${n}`]], answer.text));
  assert.equal(new Set(answers.map(answer => answer.json()[0])).size, 1);
  await sleep(500); // logs are stored in batches
  const starts = (await pastLogs(server, app.id)).filter(entry => entry.message.startsWith('isolate start time'));
  assert.equal(starts.length, 1, JSON.stringify(starts));
});

test('a visitor who hangs up cancels the stream and the request', async () => {
  const app = await program(server, `Deno.serve(request => {
    request.signal.addEventListener('abort', () => console.log('signal aborted'));
    let timer;
    return new Response(new ReadableStream({
      start(c) { timer = setInterval(() => c.enqueue(new TextEncoder().encode('tick')), 50); },
      cancel() { clearInterval(timer); console.log('stream cancelled'); },
    }));
  })`);
  const log = await follow(server, app.id);
  const response = await open(server, app.host);
  await new Promise(done => response.once('data', done));
  response.destroy();
  await log.until(entry => entry.message.includes('stream cancelled'));
  await log.until(entry => entry.message.includes('signal aborted'));
  await log.stop();
  assert.equal(response.complete, false);
});
