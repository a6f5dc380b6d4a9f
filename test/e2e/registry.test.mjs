// npm: from a registry of the test's own on loopback, which the operator names; its package has lifecycle scripts.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, test } from 'node:test';
import { deployed } from './support/deploy.mjs';
import { Server } from './support/server.mjs';

let server, registry, root, port;
const seen = [];

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'islet-registry-'));
  const scripts = Object.fromEntries(['preinstall', 'install', 'postinstall', 'prepare'].map(name => [name, `node hook.js ${name}`]));
  const manifest = { name: 'islet-hooks', version: '1.0.0', main: 'index.js', scripts, hasInstallScript: true };
  await mkdir(join(root, 'package'));
  await writeFile(join(root, 'package/package.json'), JSON.stringify(manifest));
  await writeFile(join(root, 'package/index.js'), `const fs = require('node:fs'); exports.ran = fs.readdirSync(__dirname).includes('ran');`);
  // a script that runs leaves its mark and calls home
  await writeFile(join(root, 'package/hook.js'), `require('node:fs').writeFileSync(__dirname + '/ran', ''); fetch('http://127.0.0.1/hook');`);
  const tarball = execFileSync('tar', ['-C', root, '-czf', '-', 'package']);
  const integrity = 'sha512-' + createHash('sha512').update(tarball).digest('base64');
  registry = http.createServer((request, response) => {
    seen.push(request.url);
    if (request.url === '/islet-hooks') {
      const dist = { tarball: `http://127.0.0.1:${port}/islet-hooks/-/islet-hooks-1.0.0.tgz`, integrity };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ name: 'islet-hooks', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { ...manifest, dist } } }));
    } else if (request.url.endsWith('.tgz')) response.end(tarball);
    else response.writeHead(404).end();
  });
  await new Promise(done => registry.listen(0, '127.0.0.1', done));
  port = registry.address().port;
  server = await Server.start({ idleSeconds: 1, env: { ISLET_NPM_REGISTRY: `http://127.0.0.1:${port}/` } });
});
after(async () => {
  await server?.close();
  registry?.closeAllConnections();
  registry?.close();
  await rm(root, { recursive: true, force: true });
});

test('a package of a private registry is built and run, cold too, and its lifecycle scripts never are', async () => {
  const app = await deployed(server, { 'main.ts': `import { ran } from 'npm:islet-hooks@1'; Deno.serve(() => new Response(String(ran)));` });
  assert.equal((await app.visit()).text, 'false');
  await new Promise(done => setTimeout(done, 3_000)); // past idle: the next isolate starts from the artifact alone
  const cold = await app.visit();
  assert.match(cold.headers['server-timing'] ?? '', /cold;dur=/);
  assert.equal(cold.text, 'false');
  assert.deepEqual([...new Set(seen)].sort(), ['/islet-hooks', '/islet-hooks/-/islet-hooks-1.0.0.tgz']);
});

test('fetched modules are the owner’s: other users of the host do not get there', async () => {
  for (const directory of ['modules', 'artifacts']) assert.equal((await stat(join(server.dataDirectory, directory))).mode & 0o777, 0o700, directory);
});

// In the jail there is nothing that could run a script, so a build alone does not tell which wall held. Here there is no
// jail: the command of a build runs the package's scripts as little, though Deno can, as the last command shows.
test('the command of a build runs no lifecycle script even without a jail', async () => {
  const deno = process.env.ISLET_DENO ?? join(import.meta.dirname, '../../.tools/deno');
  await access(deno);
  const place = await mkdtemp(join(root, 'bare-'));
  const run = (...args) => promisify(execFile)(deno, args, {
    cwd: place, env: { PATH: process.env.PATH, HOME: place, DENO_DIR: join(place, 'cache'), NPM_CONFIG_REGISTRY: `http://127.0.0.1:${port}/`, DENO_NO_UPDATE_CHECK: '1' },
  });
  const marks = async () => (await readdir(place, { recursive: true })).filter(path => path.endsWith('/ran'));
  await writeFile(join(place, 'main.ts'), `import { ran } from 'npm:islet-hooks@1'; console.log(ran);`);

  await run('info', '--json', '--node-modules-dir=none', '--vendor=false', '--allow-import', '--no-config', `--lock=${place}/deno.lock`, '--frozen=false', `file://${place}/main.ts`);
  assert.ok((await readdir(place, { recursive: true })).some(path => path.endsWith('islet-hooks/1.0.0/hook.js')), 'the package was not unpacked');
  assert.deepEqual(await marks(), []);

  await writeFile(join(place, 'package.json'), JSON.stringify({ dependencies: { 'islet-hooks': '1.0.0' } }));
  await run('install', '--allow-scripts=npm:islet-hooks@1.0.0').catch(error => assert.match(error.stderr, /lifecycle|script/i));
  assert.notDeepEqual(await marks(), [], 'the package has no scripts that could be seen');
});
