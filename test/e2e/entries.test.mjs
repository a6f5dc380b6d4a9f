// How a program may start and what it finds: servers, addresses, files, imports, environment.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deployed, program } from './support/deploy.mjs';
import { Server } from './support/server.mjs';

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.close());

const entries = {
  'Deno.serve with a handler': `Deno.serve(() => new Response('up'))`,
  'Deno.serve with options': `Deno.serve({ port: 4711, hostname: '0.0.0.0', onListen() {} }, () => new Response('up'))`,
  'Deno.serve with one object': `Deno.serve({ port: 80, handler: async () => new Response('up') })`,
  'Deno.serve after a top-level await': `await new Promise(r => setTimeout(r, 50)); Deno.serve(() => new Response('up'))`,
  'export default { fetch }': `export default { fetch(request: Request) { return new Response('up') } }`,
  'export default { async fetch }': `export default { async fetch() { await 0; return new Response('up') } } satisfies Deno.ServeDefaultExport`,
  'node:http createServer': `import http from 'node:http'; http.createServer((_, answer) => answer.end('up')).listen(8080)`,
  'node:http on a host and port': `import { createServer } from 'node:http'; createServer((_, a) => { a.end('up') }).listen(3000, '0.0.0.0', () => console.log('listening'))`,
};

for (const [name, source] of Object.entries(entries))
  test(`entry: ${name}`, async () => {
    const answer = await (await program(server, source)).visit();
    assert.deepEqual([answer.status, answer.text], [200, 'up']);
  });

test('entry: plain JavaScript, named with ./', async () => {
  const app = await deployed(server, { 'app/index.js': `Deno.serve(() => new Response('js'))` }, { entryPointUrl: './app/index.js' });
  assert.equal((await app.visit()).text, 'js');
});

test('entry: named by its file URL', async () => {
  const app = await deployed(server, { 'deep/er/main.ts': `Deno.serve(() => new Response(import.meta.url))` }, { entryPointUrl: 'file:///src/deep/er/main.ts' });
  assert.equal((await app.visit()).text, 'file:///src/deep/er/main.ts');
});

test('a request shows the public address, the visitor and the bytes of the path', async () => {
  const source = `Deno.serve((request, info) => Response.json({ url: request.url, host: request.headers.get('host'), method: request.method, from: info.remoteAddr }))`;
  const app = await program(server, source);
  const { url, host, method, from } = (await app.visit('/a%20b/c;d?x=1&y=%2F', { method: 'PUT', body: 'x' })).json();
  assert.match(url, new RegExp(`^https?://${app.host}/a%20b/c;d\\?x=1&y=%2F$`));
  assert.deepEqual([host, method], [app.host, 'PUT']);
  assert.equal(from.hostname, '127.0.0.1');
  assert.equal(from.transport, 'tcp');
  assert.ok(from.port > 0, `port ${from.port}`);
});

test('a visitor cannot say who they are: forwarding headers are made by the platform', async () => {
  const app = await program(server, `Deno.serve((request, info) => Response.json([info.remoteAddr.hostname, ...request.headers]))`);
  const lies = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'x-islet-client', 'x-forwarded-proto'];
  const [from, ...headers] = (await app.visit('/', { headers: Object.fromEntries(lies.map(name => [name, '203.0.113.9'])) })).json();
  assert.equal(from, '127.0.0.1');
  assert.deepEqual(headers.filter(([, value]) => value.includes('203.0.113.9')), []);
});

test('export default { fetch } sees the public address too', async () => {
  const app = await program(server, `export default { fetch: (request: Request) => new Response(request.url) }`);
  assert.match((await app.visit('/p?q=1')).text, new RegExp(`^https?://${app.host}/p\\?q=1$`));
});

test('node:http sees an origin-form url and the public host', async () => {
  const app = await program(server, `
    import http from 'node:http';
    http.createServer((request, answer) => answer.end(JSON.stringify([request.url, request.headers.host]))).listen(8000);`);
  assert.deepEqual((await app.visit('/p?q=1')).json(), ['/p?q=1', app.host]);
});

test('import.meta, the working directory and files next to the module', async () => {
  const app = await deployed(server, {
    'app/main.ts': `
      const facts = {
        url: import.meta.url, dirname: import.meta.dirname, filename: import.meta.filename, main: import.meta.main, cwd: Deno.cwd(),
        byCwd: await Deno.readTextFile('app/data.txt'),
        byUrl: await Deno.readTextFile(new URL('./data.txt', import.meta.url)),
        absolute: Deno.readTextFileSync('/src/app/data.txt'),
        fetched: await (await fetch(new URL('data.txt', import.meta.url))).text(),
        names: [...Deno.readDirSync('.')].map(entry => entry.name).sort(),
      };
      Deno.serve(() => Response.json(facts));`,
    'app/data.txt': 'data',
    'with space/ünï.txt': 'names are literal',
  }, { entryPointUrl: 'app/main.ts' });
  assert.deepEqual((await app.visit()).json(), {
    url: 'file:///src/app/main.ts', dirname: '/src/app', filename: '/src/app/main.ts', main: true, cwd: '/src',
    byCwd: 'data', byUrl: 'data', absolute: 'data', fetched: 'data', names: ['app', 'with space'],
  });
});

// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
const ADD_WASM = Buffer.from('0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b', 'hex');

test('JSON, text, wasm and computed imports', async () => {
  const app = await deployed(server, {
    'main.ts': `
      import json from './data/a.json' with { type: 'json' };
      import text from './data/a.txt' with { type: 'text' };
      import { add } from './data/add.wasm';
      const language = ['d', 'e'].join('');
      const { hello } = await import(\`./data/\${language}.ts\`);
      Deno.serve(() => Response.json([json.answer, text, add(40, 2), hello]));`,
    'data/a.json': '{"answer":42}',
    'data/a.txt': 'plain ✓\n',
    'data/add.wasm': ADD_WASM,
    'data/de.ts': `export const hello: string = 'hallo';`,
  });
  assert.deepEqual((await app.visit()).json(), [42, 'plain ✓\n', 42, 'hallo']);
});

test('the environment: the tenant’s, the few of the platform, nothing else', async () => {
  const app = await program(server, `Deno.serve(() => Response.json(Deno.env.toObject()))`, { envVars: { MINE: 'yes' } });
  const env = (await app.visit()).json();
  assert.equal(env.MINE, 'yes');
  assert.equal(env.DENO_DEPLOYMENT_ID, app.id);
  assert.match(env.DENO_REGION, /^[a-z]+-[a-z]+\d+$/);
  assert.ok(env.HOME.startsWith('/'));
  assert.deepEqual(Object.keys(env).filter(name => /ISLET|TOKEN|SECRET/.test(name)), []);
  assert.ok(!JSON.stringify(env).includes(server.root), 'a host path in the environment');
});

test('writes, subprocesses, FFI and system facts are refused, and the program lives on', async () => {
  const app = await program(server, `
    const tries = {
      write: () => Deno.writeTextFile('/src/main.ts', 'x'),
      create: () => Deno.create('new.txt'),
      run: () => new Deno.Command('/bin/sh', { args: ['-c', 'id'] }).output(),
      ffi: () => Deno.dlopen('/lib/x86_64-linux-gnu/libc.so.6', {}),
      passwd: () => Deno.readTextFile('/etc/passwd'),
      outside: () => Deno.readTextFile('../etc/hostname'),
    };
    Deno.serve(async () => {
      const got: Record<string, string> = {};
      for (const [name, attempt] of Object.entries(tries)) got[name] = await Promise.resolve().then(attempt).then(() => 'ALLOWED', e => e.name);
      return Response.json(got);
    });`);
  const got = (await app.visit()).json();
  assert.deepEqual(Object.entries(got).filter(([, result]) => result === 'ALLOWED'), []);
  assert.equal((await app.visit()).status, 200);
});
