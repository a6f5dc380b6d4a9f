// The table of fixtures, each deployed with the SDK and visited.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cases } from './fixtures/table.mjs';
import { tree } from './fixtures/tree.mjs';
import { deploy, deployed } from './support/deploy.mjs';
import { Server } from './support/server.mjs';

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.close());

assert.equal(cases.length, 15);

for (const { name, steps } of cases) {
  test(name, async () => {
    const done = [];
    for (const step of steps) {
      const app = await deployed(server, step.assets, { project: done[0]?.app.project, ...step.request });
      done.push({ app, step });
    }
    for (const { app, step } of done) // after all: a later deployment must not change an earlier one
      for (const [path, expected] of Object.entries(step.answers)) {
        const answer = await app.visit(path);
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(answer.body, Buffer.from(expected), `${path} of ${name}: ${answer.text.slice(0, 200)}`);
      }
  });
}

test('a lock file that does not match what is downloaded fails the build', async () => {
  const assets = await tree('lock-file');
  assets['deno.lock'] = assets['deno.lock'].replace(/sha512-\w{8}/, 'sha512-AAAAAAAA');
  const app = await deploy(server, assets, { lockFileUrl: 'deno.lock' });
  assert.equal(app.deployment.status, 'failed');
  assert.match(app.log, /integrity|checksum|lock ?file/i);
});

test('an import map of "" means none, even beside a deno.jsonc', async () => {
  const app = await deploy(server, await tree('config-discovery'), { importMapUrl: '', lockFileUrl: '' });
  assert.equal(app.deployment.status, 'failed');
  assert.match(app.log, /"ms"/);
});
