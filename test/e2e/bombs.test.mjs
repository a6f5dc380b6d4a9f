// Programs and packages made to break a build: each ends as a failed deployment in time, with a reason, and the next build goes on.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { createGzip } from 'node:zlib';
import { client, deploy, program } from './support/deploy.mjs';
import { Server } from './support/server.mjs';

const SERVE = `Deno.serve(() => new Response('up'));`;
const LIMIT_MS = 240_000; // builds have three minutes

let server, registry;
before(async () => {
  registry = await serve();
  server = await Server.start({
    env: { ISLET_NPM_REGISTRY: `http://127.0.0.1:${registry.port}/`, ISLET_MODULE_HOSTS: `127.0.0.1:${registry.port}`, ISLET_BOOT_TIME_LIMIT: '5s' },
  });
});
after(async () => {
  try {
    await server?.close();
  } finally {
    registry?.close();
  }
});

/** Ten million characters of types, each made of the one before. */
function types() {
  let text = 'type T0 = [1];\n';
  for (let n = 1; text.length < 10_000_000; n++) text += `type T${n} = T${n - 1} extends [infer A, ...infer B] ? [A, ...B, ...T${n - 1}] : never;\n`;
  return text;
}

const chain = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`m/${n}.ts`, n === 9_999 ? 'export {};' : `import './${n + 1}.ts';`]));

// `comes` up or `fails`: either may be right for a program that is only large, but the build has to end, and with a reason
const bombs = {
  'ten megabytes of types': { assets: { 'main.ts': types() + SERVE }, ends: 'either' },
  'an expression nested a million deep': { assets: { 'main.ts': `export const x = ${'('.repeat(1_000_000)}1${')'.repeat(1_000_000)};\n${SERVE}` }, ends: 'failed' },
  'arrays nested a million deep': { assets: { 'main.js': `export const x = ${'['.repeat(1_000_000)}${']'.repeat(1_000_000)};\n${SERVE}` }, entryPointUrl: 'main.js', ends: 'failed' },
  'JSON nested a million deep': {
    assets: { 'main.ts': `import x from './deep.json' with { type: 'json' };\n${SERVE}`, 'deep.json': `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}` }, ends: 'either',
  },
  'a configuration nested a million deep': { assets: { 'main.ts': SERVE, 'deno.json': `{"imports":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}` }, ends: 'failed' },
  'a chain of ten thousand imports': { assets: { 'main.ts': `import './m/0.ts';\n${SERVE}`, ...chain }, ends: 'either' },
  'a chain of remote imports without end': { assets: { 'main.ts': () => `import 'http://127.0.0.1:${registry.port}/chain/0.ts';\n${SERVE}` }, ends: 'failed', log: /a build may fetch \d+ times|TIME_LIMIT|MEMORY_LIMIT/ },
  'redirects without end': { assets: { 'main.ts': () => `import 'http://127.0.0.1:${registry.port}/moved/0.ts';\n${SERVE}` }, ends: 'failed', log: /redirect/i },
  'a package of three gigabytes in three megabytes': { assets: { 'main.ts': `import 'npm:islet-bomb@1';\n${SERVE}` }, ends: 'failed', log: /DISK_LIMIT|MEMORY_LIMIT/ },
  'a module of three gigabytes in three megabytes': { assets: { 'main.ts': () => `import 'http://127.0.0.1:${registry.port}/bomb.ts';\n${SERVE}` }, ends: 'failed' },
};

for (const [name, { assets, ends, log = /./, ...request }] of Object.entries(bombs))
  test(name, { timeout: LIMIT_MS }, async t => {
    const made = Object.fromEntries(Object.entries(assets).map(([path, text]) => [path, typeof text === 'function' ? text() : text]));
    const began = Date.now();
    const app = await deploy(server, made, request);
    t.diagnostic(`${app.deployment.status} after ${Date.now() - began} ms: ${/The deployment failed: [^\n]{0,200}|$/.exec(app.log)[0]}`);
    assert.ok(ends === 'either' || app.deployment.status === ends, app.deployment.status);
    if (app.deployment.status === 'failed') {
      assert.match(app.log, /The deployment failed: \S/);
      assert.doesNotMatch(app.log, /The platform failed while building/);
      assert.match(app.log, log);
    } else {
      assert.equal((await app.visit()).text, 'up');
    }
    assert.equal((await (await program(server, SERVE)).visit()).text, 'up'); // the next build goes on
    await client(server).projects.delete(app.project.id);
  });

async function serve() {
  const tarball = await zeros(3 << 10, tarHead());
  const module = await zeros(3 << 10, Buffer.from('export {};\n'));
  const integrity = 'sha512-' + createHash('sha512').update(tarball).digest('base64');
  const listener = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    const [, kind, rest] = pathname.split('/');
    if (kind === 'islet-bomb' && rest === undefined) {
      const dist = { tarball: `http://127.0.0.1:${port}/islet-bomb/-/islet-bomb-1.0.0.tgz`, integrity };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({
        name: 'islet-bomb', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { name: 'islet-bomb', version: '1.0.0', main: 'index.js', dist } },
      }));
    } else if (pathname.endsWith('.tgz')) response.end(tarball);
    else if (kind === 'bomb.ts') response.writeHead(200, { 'content-type': 'application/typescript', 'content-encoding': 'gzip' }).end(module);
    else if (kind === 'chain') response.writeHead(200, { 'content-type': 'application/typescript' }).end(`import './${parseInt(rest) + 1}.ts';`);
    else if (kind === 'moved') response.writeHead(302, { location: `/moved/${parseInt(rest) + 1}.ts` }).end();
    else response.writeHead(404).end();
  });
  await new Promise(done => listener.listen(0, '127.0.0.1', done));
  const { port } = listener.address();
  return { port, close: () => { listener.closeAllConnections(); listener.close(); } };
}

/** A head and so many mebibytes of blanks, compressed a thousandfold. */
async function zeros(mebibytes, head) {
  const gzip = createGzip({ level: 1 });
  const pieces = [];
  gzip.on('data', piece => pieces.push(piece));
  const ended = new Promise(done => gzip.once('end', done));
  gzip.write(head);
  const piece = Buffer.alloc(1 << 20, 0x20);
  for (let n = 0; n < mebibytes; n++) if (!gzip.write(piece)) await new Promise(done => gzip.once('drain', done));
  gzip.end(Buffer.alloc(1024));
  await ended;
  return Buffer.concat(pieces);
}

/** The head of one file of three gibibytes, as tar has it (ustar). */
function tarHead() {
  const head = Buffer.alloc(512);
  head.write('package/index.js', 0);
  head.write('0000644\0', 100);
  head.write('0000000\0', 108);
  head.write('0000000\0', 116);
  head.write((3 * 2 ** 30).toString(8).padStart(11, '0') + '\0', 124);
  head.write('00000000000\0', 136);
  head.write('        ', 148);
  head.write('0', 156);
  head.write('ustar\0' + '00', 257);
  head.write(head.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0') + '\0 ', 148);
  return head;
}
