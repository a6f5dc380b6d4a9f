// Every operation of version 1 with ids that live, by the official SDK where it has the call and by plain fetch where
// it has none. Each answer, errors too, is held against our own document, and against the published one when
// ISLET_PUBLISHED_SPEC has its path.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BadRequestError, NotFoundError } from 'subhosting';
import { Contract, watching } from './support/contract.mjs';
import { client, wireAssets } from './support/deploy.mjs';
import { eventually } from './support/logs.mjs';
import { Names } from './support/names.mjs';
import { Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';

const PROGRAM = {
  'main.ts': `Deno.serve(async request => {
    const until = Date.now() + 20;
    while (Date.now() < until);
    return new Response('you sent ' + (await request.text()).length + ' to ' + new URL(request.url).host + '.'.repeat(2000));
  })`,
};
const BUCKET = {
  kind: 's3', endpoint: 'http://127.0.0.1:9', bucketName: 'copies', bucketRegion: 'eu-west-1', accessKeyId: 'id', secretAccessKey: 'secret', prefix: 'kv/',
};

let names, server, api, ask, contracts;
const seen = new Set();
let visits = 0; // that met a deployment
const made = {};

before(async () => {
  names = await Names.start();
  server = await Server.start({
    env: { ISLET_DNS_SERVERS: names.address, ISLET_CERTIFICATE_ISSUER: 'internal', ISLET_BACKUP_ENDPOINTS: BUCKET.endpoint, ISLET_PUBLIC_ADDRESSES: '127.0.0.9' },
  });
  contracts = [await Contract.of(server)];
  if (process.env.ISLET_PUBLISHED_SPEC) contracts.push(await Contract.ofFile(process.env.ISLET_PUBLISHED_SPEC));
  const watched = watching(server.api, contracts, seen);
  api = client(server, { fetch: watched });
  ask = (method, path, json) => watched(server.api + path, {
    method, headers: { authorization: `Bearer ${server.token}` }, ...json === undefined ? {} : { body: JSON.stringify(json) },
  });
});
after(async () => {
  await server?.close();
  names?.close();
});

test('organizations and projects', async () => {
  assert.equal((await api.organizations.get(server.organizationId)).id, server.organizationId);
  made.project = await api.organizations.projects.create(server.organizationId, { name: 'all-operations' });
  const other = await api.organizations.projects.create(server.organizationId, { name: null });
  assert.equal((await api.projects.update(made.project.id, { description: 'changed' })).description, 'changed');
  assert.deepEqual(await api.projects.get('all-operations'), await api.projects.get(made.project.id));
  const page = await ask('GET', `/organizations/${server.organizationId}/projects?limit=1&sort=requests`);
  assert.match(page.headers.get('link'), /rel="next"/);
  assert.ok((await api.organizations.projects.list(server.organizationId)).length >= 2);
  assert.equal(await api.projects.delete(other.id), null);
});

test('databases and their backups', async () => {
  const database = await api.organizations.databases.create(server.organizationId, { description: null });
  made.database = await api.databases.update(database.id, { description: 'counters' });
  assert.equal(made.database.description, 'counters');
  assert.deepEqual(await api.organizations.databases.list(server.organizationId), [made.database]);

  const { id } = await (await ask('POST', `/databases/${database.id}/database_backups`, BUCKET)).json();
  const backup = await (await ask('GET', `/database_backups/${id}`)).json();
  assert.deepEqual(backup.status, { code: 'pending' }); // nothing copies yet, and nothing says it does
  assert.ok(!JSON.stringify(backup).includes(BUCKET.secretAccessKey));
  assert.deepEqual(await (await ask('GET', `/databases/${database.id}/database_backups`)).json(), [backup]);
  assert.equal((await ask('POST', `/databases/${database.id}/database_backups`, BUCKET)).status, 409);
  assert.deepEqual(await (await ask('DELETE', `/database_backups/${id}`)).json(), {});
  assert.equal((await ask('GET', `/database_backups/${id}`)).status, 404);
});

test('domains: registered, verified by DNS, with certificates', async () => {
  made.domain = await api.organizations.domains.create(server.organizationId, { domain: '*.shop.example' });
  const [a, aaaa, cname] = made.domain.dnsRecords;
  assert.deepEqual([a, aaaa.type, cname.name], [{ type: 'A', name: '*', content: '127.0.0.9' }, 'AAAA', '_acme-challenge']);

  await assert.rejects(api.domains.verify(made.domain.id), error => error instanceof BadRequestError && /_acme-challenge\.shop\.example/.test(error.message));
  names.tell('_acme-challenge.shop.example', 'CNAME', 'somebody-else.example');
  await assert.rejects(api.domains.verify(made.domain.id), BadRequestError);
  names.tell('_acme-challenge.shop.example', 'CNAME', cname.content);
  await assert.rejects(api.domains.verify(made.domain.id), error => /no A or AAAA record/.test(error.message));
  names.tell('islet-verification.shop.example', 'A', a.content);
  assert.equal(await api.domains.verify(made.domain.id), null);
  assert.equal(await api.domains.verify(made.domain.id), null);
  assert.equal((await api.domains.get(made.domain.id)).isValidated, true);

  assert.equal(await api.domains.certificates.provision(made.domain.id), null);
  const provisioned = await api.domains.get(made.domain.id);
  assert.deepEqual([provisioned.provisioningStatus.code, provisioned.certificates.map(one => one.cipher)], ['success', ['rsa', 'ec']]);
  assert.equal(await api.domains.certificates.create(made.domain.id, await certificate('*.shop.example')), null);
  assert.equal((await api.domains.get(made.domain.id)).provisioningStatus.code, 'manual');
  assert.deepEqual((await api.organizations.domains.list(server.organizationId, { q: 'shop' })).map(domain => domain.id), [made.domain.id]);
});

test('deployments with every field, their logs, and what they are attached to', async () => {
  const created = await api.projects.deployments.create('all-operations', {
    entryPointUrl: 'main.ts', assets: wireAssets(PROGRAM), envVars: { A: 'a' }, importMapUrl: null, lockFileUrl: null, description: 'all fields',
    compilerOptions: {
      jsx: 'react-jsx', jsxImportSource: 'react', jsxFactory: null, jsxFragmentFactory: null, experimentalDecorators: false, emitDecoratorMetadata: false,
      jsxPrecompileSkipElements: ['a'],
    },
    databases: { default: made.database.id }, enableCron: true, requestTimeout: 30_000, permissions: { net: ['example.com', '[2600::]', '*'] },
    domains: ['{project.name}.shop.example', '{project.name}-{deployment.id}.deno.dev'],
  });
  assert.deepEqual([created.status, created.domains, created.databases], ['pending', [], { default: made.database.id }]);
  const lines = await api.deployments.buildLogs.get(created.id);
  made.deployment = await api.deployments.get(created.id);
  assert.equal(made.deployment.status, 'success', JSON.stringify(lines));
  assert.deepEqual(made.deployment.domains, ['all-operations.shop.example', `all-operations-${created.id}.localhost`]);
  assert.deepEqual([made.deployment.requestTimeout, made.deployment.permissions.net.length, made.deployment.description], [30_000, 3, 'all fields']);
  assert.match((await served('all-operations.shop.example')).text, /^you sent 0 to all-operations\.shop\.example/);

  const attach = domain => ask('PUT', `/deployments/${created.id}/domains/${encodeURIComponent(domain)}`);
  assert.deepEqual(await (await attach('{project.name}.deno.dev')).json(), { domain: 'all-operations.localhost' });
  assert.deepEqual(await (await attach('my-{deployment.id}.shop.example')).json(), { domain: `my-${created.id}.shop.example` });
  assert.deepEqual(await (await attach('*.shop.example')).json(), { domain: '*.shop.example' });
  assert.equal((await attach('a.b.shop.example')).status, 400);
  assert.equal((await attach('{project.id}.shop.example')).status, 400);
  assert.match((await served('any.shop.example')).text, /any\.shop\.example/);
  assert.equal((await visit(server, 'a.b.shop.example')).status, 404);
  await ask('DELETE', `/deployments/${created.id}/domains/${encodeURIComponent('*.shop.example')}`);
  assert.equal((await visit(server, 'any.shop.example')).status, 404);

  const again = await api.deployments.redeploy(created.id, { env_vars: { A: null }, databases: { default: null }, permissions: { net: [] }, requestTimeout: 5_000, description: 'again' });
  await api.deployments.buildLogs.get(again.id);
  const redeployed = await api.deployments.get(again.id);
  assert.deepEqual(
    [redeployed.status, redeployed.databases, redeployed.permissions, redeployed.requestTimeout, redeployed.description],
    ['success', {}, { net: [] }, 5_000, 'again']);
  assert.equal(await api.domains.update(made.domain.id, { deploymentId: again.id }), null);
  assert.equal((await api.domains.get(made.domain.id)).deploymentId, again.id);
  assert.equal(await api.domains.update(made.domain.id, { deploymentId: null }), null);
  assert.ok(!('deploymentId' in await api.domains.get(made.domain.id)));

  await api.deployments.appLogs.get(created.id, { since: '2020-01-01T00:00:00Z', level: 'info' });
  assert.equal((await api.projects.deployments.list(made.project.id, { order: 'desc' })).length, 2);
  assert.equal(await api.deployments.delete(again.id), null);
  await assert.rejects(api.deployments.get(again.id), NotFoundError);
});

test('a deleted domain takes its hosts away; registered and verified again it brings them back', async () => {
  assert.equal(await api.domains.delete(made.domain.id), null);
  assert.equal((await visit(server, 'all-operations.shop.example')).status, 404);
  assert.equal((await served('all-operations.localhost')).status, 200);
  made.domain = await api.organizations.domains.create(server.organizationId, { domain: '*.shop.example' });
  await api.domains.verify(made.domain.id);
  assert.equal((await served('all-operations.shop.example')).status, 200);
  assert.equal((await served(`my-${made.deployment.id}.shop.example`)).status, 200);
});

test('analytics have the traffic that there was', async () => {
  const range = { since: new Date(Date.now() - 3_600_000).toISOString(), until: new Date(Date.now() + 3_600_000).toISOString() };
  for (let count = 0; count < 20; count++) {
    const answer = await served('all-operations.localhost', { method: 'POST', body: 'x'.repeat(1000) });
    assert.equal(answer.status, 200);
  }
  const used = await eventually(async () => { // some seconds behind
    const now = sums(await api.projects.analytics.get(made.project.id, range));
    return now.requestCount >= visits && now.networkEgressBytes > visits * 2000 && now;
  });
  assert.equal(used.requestCount, visits);
  assert.ok(used.networkIngressBytes > 20_000, JSON.stringify(used));
  assert.ok(used.uptimeSeconds > 0, JSON.stringify(used));
  if (process.getuid() === 0) { // by cgroups
    assert.ok(used.cpuSeconds > visits * 0.01, JSON.stringify(used));
    assert.ok(used.maxRssMemoryBytes > 10_000_000, JSON.stringify(used));
  }
  assert.deepEqual([used.kvReadCount, used.kvWriteCount, used.kvReadUnits, used.kvWriteUnits, used.kvStorageBytes], [0, 0, 0, 0, 0]);
  const all = await api.organizations.analytics.get(server.organizationId, range);
  assert.ok(all.values.every(([time]) => /:(00|15|30|45):00\.000000Z$/.test(time)));
  assert.ok(sums(all).requestCount >= used.requestCount);
  await assert.rejects(api.organizations.analytics.get(server.organizationId, { ...range, since: '2020-01-01T00:00:00Z' }), BadRequestError);
});

test('all operations were called', () => {
  for (const { operations, name } of contracts) {
    assert.equal(operations.length, 32, name);
    assert.deepEqual(operations.map(operation => operation.id).filter(id => !seen.has(id)), [], name);
  }
});

function served(host, options) {
  visits++;
  return visit(server, host, '/', options);
}

/** Rows of analytics as sums by field; the highest where a sum says nothing. */
function sums({ fields, values }) {
  return Object.fromEntries(fields.map(({ name, type }, column) => [
    name, type !== 'number' ? null : name === 'maxRssMemoryBytes' ? Math.max(0, ...values.map(row => row[column])) : values.reduce((sum, row) => sum + row[column], 0),
  ]));
}

/** A certificate that signs itself, by openssl. */
async function certificate(name) {
  const directory = await mkdtemp(join(tmpdir(), 'islet-certificate-'));
  try {
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '10', '-subj', '/CN=test', '-addext', `subjectAltName=DNS:${name}`,
      '-keyout', join(directory, 'key.pem'), '-out', join(directory, 'chain.pem'),
    ], { stdio: 'ignore' });
    return { privateKey: await readFile(join(directory, 'key.pem'), 'utf8'), certificateChain: await readFile(join(directory, 'chain.pem'), 'utf8') };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
