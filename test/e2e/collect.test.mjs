// What a deleted deployment leaves on the disk goes away, and only that.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { client, deployed, finished } from './support/deploy.mjs';
import { eventually } from './support/logs.mjs';
import { Server } from './support/server.mjs';

const LIMIT_MS = 15_000;

let server, api;
before(async () => {
  server = await Server.start({ idleSeconds: 1, env: { ISLET_KEEP_UNUSED_ASSETS: '0s' } });
  api = client(server);
});
after(() => server?.close());

const files = async below => (await readdir(join(server.dataDirectory, below), { recursive: true, withFileTypes: true }))
  .filter(entry => entry.isFile()).length;
const artifacts = () => readdir(join(server.dataDirectory, 'artifacts'));

test('a redeploy outlives its original, and with it the artifact goes', async () => {
  const source = { 'main.ts': `import { text } from './text.ts'; Deno.serve(() => new Response(text))`, 'text.ts': `export const text = 'kept'` };
  const original = await deployed(server, source);
  const again = await finished(server, original.project, (await api.deployments.redeploy(original.id, {})).id);
  assert.deepEqual(await artifacts(), [original.id]);

  await api.deployments.delete(original.id);
  assert.equal((await original.visit()).status, 404);
  await server.restart(); // what starts now starts cold, after a whole round of the collector
  api = client(server);
  const answer = await again.visit();
  assert.equal(answer.text, 'kept');
  assert.match(answer.headers['server-timing'] ?? '', /cold;dur=\d/);
  assert.deepEqual(await artifacts(), [original.id]);
  assert.equal(await files('blobs'), 2);

  await api.deployments.delete(again.id);
  await eventually(async () => (await artifacts()).length === 0, LIMIT_MS);
  await eventually(async () => (await files('blobs')) === 0, LIMIT_MS);

  // and the same content comes in again
  const later = await deployed(server, source, { project: original.project });
  assert.equal((await later.visit()).text, 'kept');
  await api.projects.delete(original.project.id);
  await eventually(async () => (await artifacts()).length + (await files('blobs')) === 0, LIMIT_MS);
});

test('a content that no deployment has any more is to be sent again', async () => {
  const content = `Deno.serve(() => new Response('by hash'))`;
  const sha1 = createHash('sha1').update(`blob ${content.length}\0${content}`).digest('hex');
  const app = await deployed(server, { 'main.ts': content });
  const named = await deployed(server, { 'main.ts': { sha1 } }, { project: app.project });
  assert.equal((await named.visit()).text, 'by hash');
  await api.projects.delete(app.project.id);
  await eventually(async () => (await files('blobs')) === 0, LIMIT_MS);
  await assert.rejects(deployed(server, { 'main.ts': { sha1 } }), error => error.status === 400 && error.error.code === 'assetNotFound');
});

test('builds that end in nothing leave nothing', async () => {
  const before = await artifacts();
  const project = await api.organizations.projects.create(server.organizationId, {});
  const create = source => api.projects.deployments.create(project.id, {
    entryPointUrl: 'main.ts', envVars: {}, assets: { 'main.ts': { kind: 'file', content: source } },
  });
  const failed = await create(`throw new Error('never up')`);
  await api.deployments.buildLogs.get(failed.id);
  assert.equal((await api.deployments.get(failed.id)).status, 'failed');
  const slow = await Promise.all(Array.from({ length: 4 }, () => create(`await new Promise(r => setTimeout(r, 1500)); Deno.serve(() => new Response())`)));
  await eventually(async () => (await artifacts()).some(id => slow.some(one => one.id === id)), LIMIT_MS); // one boots
  await Promise.all(slow.map(one => api.deployments.delete(one.id)));
  await eventually(async () => (await artifacts()).every(id => before.includes(id)), LIMIT_MS);
  assert.doesNotMatch(await server.logTail(1000), /One of its domains|Exception/);
});
