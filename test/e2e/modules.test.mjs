// jsr: and https-like modules, from a module server of the test's own on loopback: allowed because the operator names it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { deploy, deployed } from './support/deploy.mjs';
import { Server } from './support/server.mjs';

const MOD = 'export const name: string = "jsr";\n';
const sha256 = text => 'sha256-' + createHash('sha256').update(text).digest('hex');

let server, modules, other, seen = [];
before(async () => {
  modules = await serve((path, answer) => {
    seen.push(path);
    if (path === '/lib/mod.ts') answer(200, { 'content-type': 'application/typescript' }, `export * from "./deep.ts";`);
    else if (path === '/lib/deep.ts') answer(200, { 'content-type': 'application/typescript' }, `export const deep: number = 7;`);
    else if (path === '/moved.ts') answer(302, { location: '/lib/mod.ts' });
    else if (path === '/elsewhere.ts') answer(302, { location: `http://127.0.0.1:${other.port}/stolen.ts` });
    else if (path === '/@islet/greet/meta.json') answer(200, {}, JSON.stringify({ scope: 'islet', name: 'greet', latest: '1.2.3', versions: { '1.2.3': {} } }));
    else if (path === '/@islet/greet/1.2.3_meta.json')
      answer(200, {}, JSON.stringify({ manifest: { '/mod.ts': { size: MOD.length, checksum: sha256(MOD) } }, exports: { '.': './mod.ts' } }));
    else if (path === '/@islet/greet/1.2.3/mod.ts') answer(200, { 'content-type': 'application/typescript' }, MOD);
    else if (path === '/endless.ts') endless(answer);
    else answer(404, {}, 'no such module');
  });
  other = await serve((path, answer) => { seen.push(`other ${path}`); answer(200, { 'content-type': 'application/typescript' }, 'export const deep = 8;'); });
  server = await Server.start({
    env: { ISLET_JSR_REGISTRY: `http://127.0.0.1:${modules.port}/`, ISLET_MODULE_HOSTS: `127.0.0.1:${modules.port},127.0.0.1:1` },
  });
});
after(async () => {
  await server?.close();
  modules?.close();
  other?.close();
});

test('a remote module and what it imports', async () => {
  const app = await deployed(server, {
    'main.ts': `import { deep } from "http://127.0.0.1:${modules.port}/lib/mod.ts"; Deno.serve(() => new Response(String(deep)));`,
  });
  assert.equal((await app.visit('/')).text, '7');
  assert.match(app.log, /Downloaded http:\/\/127\.0\.0\.1:\d+\/lib\/deep\.ts \(\d\/\d\)/);
});

test('a module that has moved', async () => {
  const app = await deployed(server, {
    'main.ts': `import { deep } from "http://127.0.0.1:${modules.port}/moved.ts"; Deno.serve(() => new Response(String(deep)));`,
  });
  assert.equal((await app.visit('/')).text, '7');
});

test('a jsr: package', async () => {
  const app = await deployed(server, {
    'main.ts': `import { name } from "jsr:@islet/greet@1"; Deno.serve(() => new Response(name));`,
  });
  assert.equal((await app.visit('/')).text, 'jsr');
});

test('a host that nobody named is not asked', async () => {
  const app = await deploy(server, { 'main.ts': `import "http://127.0.0.1:${other.port}/mod.ts"; Deno.serve(() => new Response());` });
  assert.equal(app.deployment.status, 'failed');
  assert.match(app.log, /not among the module hosts/);
  assert.ok(!seen.some(path => path.startsWith('other')), seen.join());
});

test('a redirect does not lead to a host that nobody named', async () => {
  const app = await deploy(server, { 'main.ts': `import "http://127.0.0.1:${modules.port}/elsewhere.ts"; Deno.serve(() => new Response());` });
  assert.equal(app.deployment.status, 'failed');
  assert.match(app.log, /not among the module hosts/);
  assert.ok(!seen.some(path => path.startsWith('other')), seen.join());
});

test('a registry named by the deployment itself is not asked', async () => {
  const app = await deploy(server, {
    '.npmrc': `registry=http://127.0.0.1:${other.port}/\n`,
    'main.ts': `import "npm:left@1"; Deno.serve(() => new Response());`,
  });
  assert.equal(app.deployment.status, 'failed');
  assert.ok(!seen.some(path => path.startsWith('other')), seen.join());
});

test('a host that does not answer fails the build and is named', async () => {
  const app = await deploy(server, { 'main.ts': `import "http://127.0.0.1:1/x.ts"; Deno.serve(() => new Response());` });
  assert.equal(app.deployment.status, 'failed');
  assert.match(app.log, /Not fetched: http:\/\/127\.0\.0\.1:1\/x\.ts: .*refused/i);
});

test('a missing remote module fails with its URL', async () => {
  const app = await deploy(server, { 'main.ts': `import "http://127.0.0.1:${modules.port}/none.ts"; Deno.serve(() => new Response());` });
  assert.equal(app.deployment.status, 'failed');
  assert.match(app.log, /The deployment failed: Module not found "http:\/\/127\.0\.0\.1:\d+\/none\.ts"/);
});

test('a lock that does not agree with what comes', async () => {
  const url = `http://127.0.0.1:${modules.port}/lib/deep.ts`;
  const app = await deploy(server, {
    'main.ts': `import "${url}"; Deno.serve(() => new Response());`,
    'deno.json': '{}',
    'deno.lock': JSON.stringify({ version: '5', remote: { [url]: '0'.repeat(64) } }),
  });
  assert.equal(app.deployment.status, 'failed');
  assert.match(app.log, /[Ii]ntegrity/);
});

/** A response that has no end: the fetch has a bound, and the build ends. */
function endless(answer) {
  const response = answer.raw;
  response.writeHead(200, { 'content-type': 'application/typescript' });
  const piece = Buffer.alloc(1 << 20, 0x20);
  const more = () => { while (!response.destroyed && response.write(piece)); };
  response.on('drain', more);
  more();
}

test('a module without end fails at the bound', async () => {
  const app = await deploy(server, { 'main.ts': `import "http://127.0.0.1:${modules.port}/endless.ts"; Deno.serve(() => new Response());` });
  assert.equal(app.deployment.status, 'failed');
  assert.match(app.log, /larger than \d+ bytes/);
});

async function serve(handle) {
  const listener = http.createServer((request, response) => {
    const answer = (status, headers, body = '') => { response.writeHead(status, headers); response.end(body); };
    answer.raw = response;
    handle(new URL(request.url, 'http://x').pathname, answer);
  });
  await new Promise(done => listener.listen(0, '127.0.0.1', done));
  return { port: listener.address().port, close: () => { listener.closeAllConnections(); listener.close(); } };
}
