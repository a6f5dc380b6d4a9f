// Rules of the v1 wire that the SDK hides: exact headers, paging, null bodies, lenient input.
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { client, deployed, wireAssets } from './support/deploy.mjs';
import { Server } from './support/server.mjs';
import { below, call, expectError, expectJson, expectProject, links } from './support/wire.mjs';

const HELLO = { 'main.ts': `Deno.serve(() => new Response('hello'))` };

let server, api;
before(async () => {
  server = await Server.start();
  api = client(server);
});
after(() => server?.close());

test('first start wrote credentials that only the owner can read', async () => {
  assert.equal((await stat(`${server.dataDirectory}/credentials.json`)).mode & 0o777, 0o600);
  assert.match(server.token, /^isl_[0-9A-Za-z]{40}$/);
});

test('creating answers 200 with the bare JSON content type', async () => {
  const answer = await call(server, `/organizations/${server.organizationId}/projects`, { method: 'POST', json: {} });
  expectProject(await expectJson(answer, 200));
});

test('void calls answer null', async () => {
  const app = await deployed(server, HELLO);
  for (const path of [`/deployments/${app.id}`, `/projects/${app.project.id}`])
    assert.equal(await expectJson(await call(server, path, { method: 'DELETE' })), null);
});

test('a body-less request may carry the JSON content type, as the SDK sends it', async () => {
  const answer = await call(server, `/organizations/${server.organizationId}`, { headers: { 'content-type': 'application/json' } });
  await expectJson(answer);
});

test('a JSON body is read whatever its content type says', async () => {
  const answer = await call(server, `/organizations/${server.organizationId}/projects`, {
    method: 'POST', body: '{"name":"sent-as-text"}', headers: { 'content-type': 'text/plain;charset=UTF-8' },
  });
  assert.equal((await expectJson(answer)).name, 'sent-as-text');
});

test('unknown members of a request are ignored', async () => {
  const project = await expectJson(await call(server, `/organizations/${server.organizationId}/projects`, {
    method: 'POST', json: { name: 'extra-member', colour: 'green', nested: { deep: [1] } },
  }));
  const deployment = await expectJson(await call(server, `/projects/${project.id}/deployments`, {
    method: 'POST', json: { entryPointUrl: 'main.ts', envVars: {}, assets: wireAssets(HELLO), futureMember: true },
  }));
  assert.equal(deployment.status, 'pending');
});

test('unknown paths are JSON 404s, without a token 401s', async () => {
  await expectError(await call(server, '/no/such/thing'), 404, 'notFound');
  await expectError(await call(server, '/organizations'), 404);
  await expectError(await call(server, '/projects/a-b/deployments/x/y/z', { method: 'PUT', json: {} }), 404);
  await expectError(await call(server, `/organizations/${server.organizationId}`, { token: null }), 401, 'unauthorized');
  await expectError(await call(server, `/organizations/${server.organizationId}`, { token: 'nonsense' }), 401, 'unauthorized');
});

test('lists page with Link headers that keep the other parameters', async () => {
  const { id: organization } = await api.organizations.get(server.organizationId);
  for (let n = 1; n <= 5; n++) await api.organizations.projects.create(organization, { name: `paged-${n}` });
  const path = `/organizations/${organization}/projects?q=paged-&sort=name&order=asc&limit=2`;

  const first = await call(server, path);
  assert.deepEqual((await expectJson(first)).map(project => project.name), ['paged-1', 'paged-2']);
  assert.ok(links(first).next.href.startsWith('http'), 'links are absolute');
  assert.equal(links(first).prev, undefined);

  const second = await call(server, below(links(first).next));
  assert.deepEqual((await expectJson(second)).map(project => project.name), ['paged-3', 'paged-4']);
  assert.deepEqual(Object.keys(links(second)).sort(), ['first', 'last', 'next', 'prev']);
  assert.equal(links(second).prev.searchParams.get('page'), '1');
  assert.equal(links(second).last.searchParams.get('page'), '3');
  assert.equal(links(second).next.searchParams.get('q'), 'paged-');
  assert.equal(links(second).next.searchParams.get('limit'), '2');

  const last = await call(server, below(links(second).last));
  assert.deepEqual((await expectJson(last)).map(project => project.name), ['paged-5']);
  assert.equal(links(last).prev.searchParams.get('page'), '2');
  assert.equal(links(last).next, undefined);
});

test('an empty list parameter means its default; a bad one is refused by name', async () => {
  const path = `/organizations/${server.organizationId}/projects`;
  const plain = await expectJson(await call(server, path));
  assert.deepEqual(await expectJson(await call(server, `${path}?page=&limit=&q=&sort=&order=`)), plain);
  for (const [name, value] of [['limit', '0'], ['limit', '101'], ['limit', 'x'], ['page', '0'], ['sort', 'colour'], ['order', 'up']]) {
    const { message } = await expectError(await call(server, `${path}?${name}=${value}`), 400, 'badRequest');
    assert.match(message, new RegExp(name));
  }
});

test('v1 is also there below /api, where deployctl looks', async () => {
  const answer = await fetch(`${server.url}/api/v1/organizations/${server.organizationId}`, { headers: { authorization: `Bearer ${server.token}` } });
  assert.equal((await expectJson(answer)).id, server.organizationId);
});
