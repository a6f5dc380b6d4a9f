// Every call of the official SDK that the platform answers so far, on a live server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AuthenticationError, BadRequestError, NotFoundError } from 'subhosting';
import { client, deploy, deployed, finished, wireAssets } from './support/deploy.mjs';
import { eventually, follow, ndjson, pastLogs } from './support/logs.mjs';
import { Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';
import { DEPLOYMENT_ID, REGION, TIME, UUID, expectDeployment, expectProject } from './support/wire.mjs';

const HELLO = { 'main.ts': `Deno.serve(() => new Response('hello ' + (Deno.env.get('WHO') ?? 'nobody')))` };
const UNKNOWN_UUID = '182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e';

let server, api;
before(async () => {
  server = await Server.start();
  api = client(server);
});
after(() => server?.close());

test('organizations.get', async () => {
  const organization = await api.organizations.get(server.organizationId);
  assert.deepEqual(Object.keys(organization).sort(), ['createdAt', 'id', 'name', 'updatedAt']);
  assert.equal(organization.id, server.organizationId);
  assert.match(organization.id, UUID);
  assert.match(organization.createdAt, TIME);
  assert.match(organization.updatedAt, TIME);
});

test('projects: create, get, update, list, delete', async () => {
  const created = await api.organizations.projects.create(server.organizationId, { name: 'first-light-7', description: 'one' });
  expectProject(created);
  assert.deepEqual([created.name, created.description], ['first-light-7', 'one']);
  assert.deepEqual(await api.projects.get(created.id), created);

  const renamed = await api.projects.update(created.id, { name: 'second-light-7' });
  assert.deepEqual([renamed.name, renamed.description, renamed.id], ['second-light-7', 'one', created.id]);
  assert.ok(renamed.updatedAt > created.updatedAt);
  const unchanged = await api.projects.update(created.id, { name: null, description: null });
  assert.deepEqual([unchanged.name, unchanged.description], ['second-light-7', 'one']);

  const found = await api.organizations.projects.list(server.organizationId, { q: 'second-light' });
  assert.deepEqual(found.map(project => project.id), [created.id]);

  assert.equal(await api.projects.delete(created.id), null);
  await assert.rejects(api.projects.get(created.id), error => {
    assert.ok(error instanceof NotFoundError);
    assert.equal(error.error.code, 'projectNotFound');
    return true;
  });
});

test('a project without a name gets a unique random one', async () => {
  const made = await Promise.all([{ name: null }, {}, {}].map(body => api.organizations.projects.create(server.organizationId, body)));
  made.forEach(expectProject);
  assert.equal(new Set(made.map(project => project.name)).size, 3);
  assert.ok(made.every(project => project.description === ''));
});

test('a project answers to its name where an id is asked', async () => {
  const project = await api.organizations.projects.create(server.organizationId, { name: 'called-by-name' });
  assert.equal((await api.projects.get('called-by-name')).id, project.id);
  const created = await api.projects.deployments.create('called-by-name', {
    entryPointUrl: 'main.ts', envVars: {}, assets: wireAssets(HELLO),
  });
  assert.equal(created.projectId, project.id);
  assert.equal((await finished(server, project, created.id)).deployment.status, 'success');
});

test('deployments: create answers pending, the build log lasts until the build ended', async () => {
  const project = await api.organizations.projects.create(server.organizationId, {});
  const created = await api.projects.deployments.create(project.id, {
    entryPointUrl: 'main.ts', envVars: { WHO: 'sdk' }, assets: wireAssets(HELLO), description: 'a test',
  });
  expectDeployment(created);
  assert.equal(created.status, 'pending');
  assert.deepEqual(created.domains, []);
  assert.deepEqual(created.databases, {});

  const lines = await api.deployments.buildLogs.get(created.id);
  const deployment = await api.deployments.get(created.id); // at once: the log was the wait
  expectDeployment(deployment);
  assert.equal(deployment.status, 'success', JSON.stringify(lines));
  assert.equal(deployment.description, 'a test');
  assert.deepEqual(deployment.domains, [`${project.name}-${created.id}.localhost`]);
  assert.ok(deployment.updatedAt > created.updatedAt);
  for (const line of lines) assert.deepEqual(Object.keys(line).sort(), ['level', 'message']);
  assert.match(lines.map(line => line.message).join('\n'), /Deployed to /);
  assert.equal((await visit(server, deployment.domains[0])).text, 'hello sdk');
});

test('the build log as NDJSON says the same as JSON', async () => {
  const project = await api.organizations.projects.create(server.organizationId, {});
  const created = await api.projects.deployments.create(project.id, { entryPointUrl: 'main.ts', envVars: {}, assets: wireAssets(HELLO) });
  const streamed = [];
  for await (const entry of (await ndjson(server, `/deployments/${created.id}/build_logs`)).entries) streamed.push(entry);
  assert.equal((await api.deployments.get(created.id)).status, 'success');
  assert.ok(streamed.length > 0);
  assert.deepEqual(await api.deployments.buildLogs.get(created.id), streamed);
});

test('deployments: list, get, delete', async () => {
  const first = await deployed(server, HELLO);
  const second = await deployed(server, HELLO, { project: first.project });
  const list = await api.projects.deployments.list(first.project.id, { order: 'desc' });
  list.forEach(expectDeployment);
  assert.deepEqual(list.map(item => item.id), [second.id, first.id]);
  assert.deepEqual(list[0], await api.deployments.get(second.id));

  assert.equal(await api.deployments.delete(first.id), null);
  await assert.rejects(api.deployments.get(first.id), error => error instanceof NotFoundError && error.error.code === 'deploymentNotFound');
  assert.equal((await first.visit()).status, 404);
  assert.equal((await second.visit()).status, 200);
});

test('redeploy: a new id from the same build, env_vars merged by key', async () => {
  const app = await deployed(server, {
    'main.ts': `Deno.serve(() => Response.json({ a: Deno.env.get('A') ?? null, b: Deno.env.get('B') ?? null, c: Deno.env.get('C') ?? null }))`,
  }, { envVars: { A: '1', B: '2' } });
  const answer = await api.deployments.redeploy(app.id, { env_vars: { B: null, C: '3' } });
  assert.match(answer.id, DEPLOYMENT_ID);
  assert.notEqual(answer.id, app.id);
  const again = await finished(server, app.project, answer.id);
  assert.equal(again.deployment.status, 'success', again.log);
  assert.deepEqual((await again.visit()).json(), { a: '1', b: null, c: '3' });
  assert.deepEqual((await app.visit()).json(), { a: '1', b: '2', c: null }); // the source is untouched
  const same = await finished(server, app.project, (await api.deployments.redeploy(again.id, {})).id);
  assert.deepEqual((await same.visit()).json(), { a: '1', b: null, c: '3' });
});

test('app logs: live as NDJSON, past as JSON', async () => {
  const app = await deployed(server, { 'main.ts': `Deno.serve(r => { console.log('saw ' + new URL(r.url).pathname); return new Response() })` });
  const live = await follow(server, app.id);
  await app.visit('/one');
  const entry = await live.until(line => line.message.includes('saw /one'));
  assert.deepEqual(Object.keys(entry).sort(), ['level', 'message', 'region', 'time']);
  assert.equal(entry.level, 'info');
  assert.match(entry.time, TIME);
  assert.match(entry.region, REGION);
  await live.stop();
  const past = await eventually(async () => { // readers are told before the batch is stored
    const found = await api.deployments.appLogs.get(app.id, { since: '2020-01-01T00:00:00Z', q: 'saw /one' });
    return found.length > 0 && found;
  });
  assert.deepEqual(past, [entry]);
  assert.ok((await pastLogs(server, app.id)).length >= 1);
});

test('errors arrive as the SDK’s own classes', async () => {
  const stranger = client({ ...server, api: server.api, token: 'isl_wrong' });
  await assert.rejects(stranger.organizations.get(server.organizationId), error => error instanceof AuthenticationError && error.error.code === 'unauthorized');
  await assert.rejects(api.organizations.get(UNKNOWN_UUID), NotFoundError);
  await assert.rejects(api.projects.get(UNKNOWN_UUID), NotFoundError);
  await assert.rejects(api.deployments.get('abcde12vwxyz'), NotFoundError);
  await assert.rejects(api.deployments.delete('abcde12vwxyz'), NotFoundError);
  await assert.rejects(api.deployments.redeploy('abcde12vwxyz', {}), NotFoundError);
  await assert.rejects(api.deployments.buildLogs.get('abcde12vwxyz'), NotFoundError);
  await assert.rejects(api.get('/no/such/path'), NotFoundError);
  await assert.rejects(api.organizations.projects.create(server.organizationId, { name: 'Not A Name' }), BadRequestError);
  const broken = await deploy(server, { 'main.ts': `throw new Error('on purpose')` });
  await assert.rejects(api.deployments.redeploy(broken.id, {}), BadRequestError);
});
