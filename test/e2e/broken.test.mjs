// Programs that cannot come up: the deployment fails, the build log says why in the platform's words, nothing answers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BadRequestError } from 'subhosting';
import { client, deploy } from './support/deploy.mjs';
import { Server } from './support/server.mjs';

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.close());

const SERVE = `Deno.serve(() => new Response('up'));`;

const broken = {
  'a throw at top level': {
    assets: { 'main.ts': `\nthrow new TypeError('on purpose');` },
    log: [/The deployment failed: UNCAUGHT_EXCEPTION/, /TypeError: on purpose/, /file:\/\/\/src\/main\.ts:2/],
  },
  'a rejection nobody handles': {
    assets: { 'main.ts': `Promise.reject(new Error('left alone')); await new Promise(r => setTimeout(r, 500)); ${SERVE}` },
    log: [/The deployment failed: UNCAUGHT_EXCEPTION/, /left alone/],
  },
  'an exit before a server': {
    assets: { 'main.ts': `Deno.exit(3);` },
    log: [/The deployment failed: /],
  },
  'no server': {
    assets: { 'main.ts': `console.log('done');` },
    log: [/The deployment failed: /],
  },
  'a bare exported function': {
    assets: { 'main.ts': `export default () => new Response('not a server');` },
    log: [/The deployment failed: /],
  },
  'a spin at top level': {
    assets: { 'main.ts': `for (;;);` },
    log: [/The deployment failed: TIME_LIMIT/],
  },
  'a syntax error': {
    assets: { 'main.ts': `const = ;\n${SERVE}` },
    log: [/file:\/\/\/src\/main\.ts:1/],
  },
  'a missing module': {
    assets: { 'main.ts': `import './nope.ts';\n${SERVE}` },
    log: [/Module not found "file:\/\/\/src\/nope\.ts"/],
  },
  'a missing module two imports deep': {
    assets: { 'main.ts': `import './lib/a.ts';\n${SERVE}`, 'lib/a.ts': `export * from '../gone/b.ts';` },
    log: [/Module not found "file:\/\/\/src\/gone\/b\.ts"/],
  },
  'a bare specifier nobody maps': {
    assets: { 'main.ts': `import x from 'unmapped-name';\n${SERVE}` },
    log: [/unmapped-name/],
  },
  'a static text import that leaves the tree': {
    assets: { 'main.ts': `import text from '../../etc/passwd' with { type: 'text' };\nDeno.serve(() => new Response(text));` },
    log: [/file:\/\/\/etc\/passwd/],
  },
  'a static JSON import that leaves the tree': {
    assets: { 'main.ts': `import json from '/etc/passwd' with { type: 'json' };\nDeno.serve(() => Response.json(json));` },
    log: [/file:\/\/\/etc\/passwd/],
  },
  'a static import of another process’ view': {
    assets: { 'main.ts': `import text from 'file:///proc/self/environ' with { type: 'text' };\nDeno.serve(() => new Response(text));` },
    log: [/\/proc\/.*environ/],
  },
  'an npm package that does not exist': {
    assets: { 'main.ts': `import x from 'npm:@islet-none/there-is-no-such-package@1.0.0';\n${SERVE}` },
    log: [/@islet-none\/there-is-no-such-package/],
  },
  'an npm version that does not exist': {
    assets: { 'main.ts': `import ms from 'npm:ms@99.99.99';\n${SERVE}` },
    log: [/ms.*99\.99\.99/],
  },
  'an https module of a host that does not exist': {
    assets: { 'main.ts': `import 'https://modules.invalid/x.ts';\n${SERVE}` },
    log: [/modules\.invalid/],
  },
  'a jsr package that does not exist': {
    assets: { 'main.ts': `import 'jsr:@islet-none/there-is-no-such-package@1';\n${SERVE}` },
    log: [/@islet-none\/there-is-no-such-package/],
  },
  'a module on the loopback of the server': {
    assets: { 'main.ts': `import 'http://127.0.0.1:1/x.ts';\n${SERVE}` },
    log: [/127\.0\.0\.1:1/],
  },
};

for (const [name, { assets, log }] of Object.entries(broken))
  test(`fails: ${name}`, async () => {
    const app = await deploy(server, assets);
    assert.equal(app.deployment.status, 'failed', app.log);
    assert.deepEqual(app.deployment.domains, []);
    for (const expected of log) assert.match(app.log, expected);
    expectReadable(app);
    assert.equal((await app.visit()).status, 404);
  });

test('a symlink out of the tree is refused or fails, and shows nothing', async () => {
  for (const target of ['../../etc/passwd', '/etc/passwd', 'missing.txt', 'loop.txt']) {
    const app = await deploy(server, {
      'main.ts': `const text = await Deno.readTextFile('loop.txt');\nDeno.serve(() => new Response(text));`, 'loop.txt': { link: target },
    }).catch(error => error);
    if (app instanceof BadRequestError) continue;
    assert.equal(app.deployment?.status, 'failed', `${target}: ${app.log ?? app}`);
    expectReadable(app);
  }
});

test('a failed build leaves the deployment before it in place', async () => {
  const project = await client(server).organizations.projects.create(server.organizationId, {});
  const domains = ['{project.name}.deno.dev'];
  const good = await deploy(server, { 'main.ts': SERVE }, { project, domains });
  assert.equal(good.host, `${project.name}.localhost`);
  const bad = await deploy(server, { 'main.ts': `throw new Error('no')` }, { project, domains });
  assert.deepEqual([bad.deployment.status, bad.deployment.domains], ['failed', []]);
  assert.equal((await good.visit()).text, 'up');
});

/** A build log is for the tenant: lines without colour codes, of bounded length, naming no path of the host. */
function expectReadable({ lines, log }) {
  assert.ok(lines.some(line => line.level === 'error'), 'no error line');
  assert.doesNotMatch(log, /\x1b\[/);
  assert.doesNotMatch(log, /root:x:|HOME=/);
  assert.ok(!log.includes(server.root), `a host path: ${log}`);
  for (const { message } of lines) assert.ok(message.length <= 16_384, `${message.length} characters`);
}
