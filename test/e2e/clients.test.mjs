// Programs that were written for version 1 elsewhere, as far as they speak to it: the scripts of its quick start, its
// samples notebook, and clients of others. Each does what the original does, in the same order and with the same headers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NamedProjectClient } from './support/clients/named.mjs';
import { PollingClient } from './support/clients/polling.mjs';
import { listOf, problems, schemas } from './support/clients/strict.mjs';
import { finished } from './support/deploy.mjs';
import { eventually, pastLogs } from './support/logs.mjs';
import { Names } from './support/names.mjs';
import { Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';
import { call } from './support/wire.mjs';

const BUCKET = {
  kind: 's3', endpoint: 'http://127.0.0.1:9', bucketName: 'copies', bucketRegion: 'eu-west-1', accessKeyId: 'id', secretAccessKey: 'secret', prefix: 'kv/',
};
const HELLO = { kind: 'file', content: `export default { async fetch(req) { return new Response("Hello, World!"); } }`, encoding: 'utf-8' };

let names, server;
before(async () => {
  names = await Names.start();
  server = await Server.start({ env: { ISLET_DNS_SERVERS: names.address, ISLET_CERTIFICATE_ISSUER: 'internal', ISLET_BACKUP_ENDPOINTS: BUCKET.endpoint } });
});
after(async () => {
  try {
    await server?.close();
  } finally {
    names?.close();
  }
});

test('the quick start: a project without a name, a program without Deno.serve, a site to visit', async () => {
  const headers = { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' };
  const pr = await fetch(`${server.api}/organizations/${server.organizationId}/projects`, {
    method: 'POST', headers, body: JSON.stringify({ name: null }),
  });
  const project = await pr.json();
  assert.deepEqual(Object.keys(project).sort(), ['createdAt', 'description', 'id', 'name', 'updatedAt']);
  const dr = await fetch(`${server.api}/projects/${project.id}/deployments`, {
    method: 'POST', headers, body: JSON.stringify({ entryPointUrl: 'main.ts', assets: { 'main.ts': HELLO }, envVars: {} }),
  });
  const deployment = await dr.json();
  assert.equal(dr.status, 200);

  // it prints where the site is and does not wait: who opens it early is told that there is none, until there is
  const answer = await eventually(async () => {
    const found = await visit(server, `${project.name}-${deployment.id}.localhost`);
    assert.ok([200, 404].includes(found.status), `${found.status} ${found.text}`);
    return found.status === 200 && found;
  }, 60_000);
  assert.equal(answer.text, 'Hello, World!');
});

test('planning: staging and production of one customer are deployments of one project', async () => {
  const headers = { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' };
  const project = await (await fetch(`${server.api}/organizations/${server.organizationId}/projects`, { method: 'POST', headers, body: '{"name":null}' })).json();
  const sites = [];
  for (const stage of ['staging', 'production']) {
    const res = await fetch(`${server.api}/projects/${project.id}/deployments`, {
      method: 'POST', headers,
      body: JSON.stringify({
        entryPointUrl: 'main.ts', envVars: { STAGE: stage },
        assets: { 'main.ts': { ...HELLO, content: `export default { fetch: async request => new Response(Deno.env.get('STAGE') + ' saw ' + (await request.json()).lead) }` } },
      }),
    });
    assert.equal(res.status, 200);
    sites.push(await finished(server, project, (await res.json()).id));
  }
  for (const [at, stage] of ['staging', 'production'].entries()) {
    const answer = await sites[at].visit('/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"lead":"Ada"}' });
    assert.equal(answer.text, `${stage} saw Ada`, sites[at].log);
  }
});

test('the samples notebook: from a project to a domain of its own', async () => {
  const authorization = `Bearer ${server.token}`;
  const ask = async (method, path, body, headers = {}) => {
    const res = await fetch(server.api + path, {
      method, headers: { authorization, ...body ? { 'content-type': 'application/json' } : {}, ...headers }, body: body && JSON.stringify(body),
    });
    assert.ok(res.ok, `${method} ${path}: ${res.status} ${await res.clone().text()}`);
    return res;
  };
  const project = await (await ask('POST', `/organizations/${server.organizationId}/projects`, { name: null })).json();
  const deployment = await (await ask('POST', `/projects/${project.id}/deployments`, {
    entryPointUrl: 'main.ts',
    assets: {
      'main.ts': { kind: 'file', content: `import { assert } from './assert.ts';\nassert(true);\nDeno.serve((req: Request) => new Response('Hello World'));` },
      'assert.ts': { kind: 'file', content: `export function assert(value: unknown) { if (!value) throw new Error('no'); }` },
    },
    envVars: { FOO: 'foo' },
  })).json();

  const logs = await ask('GET', `/deployments/${deployment.id}/build_logs`, undefined, { accept: 'application/x-ndjson' });
  const entries = [];
  for await (const line of lines(logs.body)) entries.push(JSON.parse(line)); // an empty line would end the notebook
  assert.match(entries.map(({ level, message }) => `[${level}] ${message}`).join('\n'), /\[info\] Deployed to /);
  const deployment2 = await (await ask('GET', `/deployments/${deployment.id}`)).json();
  assert.equal(deployment2.status, 'success');
  assert.equal((await visit(server, deployment2.domains[0])).text, 'Hello World');

  const domain = await (await ask('POST', `/organizations/${server.organizationId}/domains`, { domain: 'deploy-sample1.notebook.example' })).json();
  assert.deepEqual([domain.isValidated, domain.certificates, domain.provisioningStatus, domain.dnsRecords.length], [false, [], { code: 'pending' }, 3]);
  for (const { type, name, content } of domain.dnsRecords.filter(record => record.type !== 'AAAA')) names.tell(`${name}.notebook.example`, type, content); // as its owner would
  await ask('POST', `/domains/${domain.id}/verify`);
  await ask('POST', `/domains/${domain.id}/certificates/provision`);
  const provisioned = await (await ask('GET', `/domains/${domain.id}`)).json();
  assert.deepEqual([provisioned.isValidated, provisioned.provisioningStatus, provisioned.certificates.length], [true, { code: 'success' }, 2]);
  await ask('PATCH', `/domains/${domain.id}`, { deploymentId: deployment.id });
  assert.equal((await visit(server, 'deploy-sample1.notebook.example')).text, 'Hello World');
});

test('a client that knows its project by name deploys functions behind one host, twice', async () => {
  const client = new NamedProjectClient(server, 'localhost');
  const first = await client.deployFunctions('insforge-7', { hello: `export default async () => new Response('one')` });
  assert.deepEqual([first.status, first.url], ['pending', 'https://insforge-7.localhost']); // while there is no host yet, it makes one up
  assert.deepEqual(await client.waitForDeployment(first.id), { status: 'success', url: 'https://insforge-7.localhost' });
  assert.equal((await visit(server, 'insforge-7.localhost', '/hello')).text, 'one');

  const second = await client.deployFunctions('insforge-7', {
    hello: `export default async () => new Response('two ' + Deno.env.get('API_BASE'))`,
    'do-fail': `export default async () => { throw new Error('on purpose'); }`,
  }, { API_BASE: 'set' });
  assert.equal(second.projectId, first.projectId);
  assert.equal((await client.waitForDeployment(second.id)).status, 'success');
  assert.equal((await visit(server, 'insforge-7.localhost', '/hello')).text, 'two set');
  assert.deepEqual((await visit(server, 'insforge-7.localhost', '/health')).json().functions, ['hello', 'do-fail']);
  assert.equal((await visit(server, 'insforge-7.localhost', '/do-fail')).status, 500);
  assert.equal((await visit(server, 'insforge-7.localhost', '/nothing')).status, 404);

  const broken = await client.deployFunctions('insforge-7', { hello: `import './not-there.ts'; export default async () => new Response('three')` });
  const end = await client.waitForDeployment(broken.id);
  assert.equal(end.status, 'failed');
  assert.match(end.buildLogs.map(line => line.message).join('\n'), /not-there\.ts/);
  assert.equal((await visit(server, 'insforge-7.localhost', '/hello')).text, 'two set'); // the one before goes on
});

test('a client that pages through NDJSON logs by cursor sees each line once, from both ends', async () => {
  const client = new NamedProjectClient(server, 'localhost');
  const app = await client.deployFunctions('insforge-logs', { hello: `export default async () => { console.log('in it'); return new Response() }` });
  assert.equal((await client.waitForDeployment(app.id)).status, 'success');
  for (let count = 0; count < 12; count++) await visit(server, 'insforge-logs.localhost', '/hello');
  const written = await eventually(async () => {
    const all = await pastLogs(server, app.id);
    return all.filter(line => line.message === 'in it').length === 12 && all.filter(line => line.message.includes('"slug":"hello"')).length === 12 && all;
  });
  for (const order of ['asc', 'desc']) {
    const until = new Date().toISOString();
    const collected = [];
    let cursor = null, pages = 0;
    do {
      const page = await client.appLogs(app.id, { until, limit: 5, order, ...cursor === null ? {} : { cursor } });
      assert.ok(page.logs.length <= 5);
      collected.push(...page.logs);
      cursor = page.cursor;
      assert.ok(++pages <= written.length);
    } while (cursor !== null);
    const inOrder = order === 'asc' ? collected : collected.toReversed();
    assert.deepEqual(inOrder.slice(0, written.length), written, order);
  }
});

test('a client that polls state and build log by offset sees every line once, then its server', async () => {
  const client = new PollingClient(server);
  await client.start('mt-crv-7', {
    'main.ts': `import { capabilities } from './server.ts';
      Deno.serve(request => {
        if (request.headers.get('metorial-stellar-token') !== Deno.env.get('METORIAL_AUTH_TOKEN_SECRET')) return new Response(null, { status: 401 });
        return Response.json(new URL(request.url).pathname === '/discover' ? capabilities : { enabled: false, hasForm: false });
      });`,
    'server.ts': `export const capabilities = { tools: ['add'] };`,
  }, { METORIAL_AUTH_TOKEN_SECRET: 'between us' });
  const { status, messages } = await client.finish();
  assert.equal(status, 'success', messages.join('\n'));
  const { host } = new URL(client.url);
  assert.equal(host, `mt-crv-7-${client.deployment.id}.localhost`);
  const headers = { 'metorial-stellar-token': 'between us' };
  assert.deepEqual((await visit(server, host, '/discover', { headers })).json(), { tools: ['add'] });
  assert.deepEqual((await visit(server, host, '/oauth', { headers })).json(), { enabled: false, hasForm: false });
  assert.equal((await visit(server, host, '/discover')).status, 401);

  const whole = await (await call(server, `/deployments/${client.deployment.id}/build_logs`)).json();
  assert.deepEqual(messages, whole.map(line => line.message));
  assert.deepEqual((await client.poll()).groups, []);
});

test('a client that believes nothing finds each answer as the contract has it', async () => {
  const seen = new Set();
  const ask = async (schema, path, { expected = 200, ...options } = {}) => {
    const response = await call(server, path, options);
    const value = await response.json();
    assert.equal(response.status, expected, JSON.stringify(value));
    assert.deepEqual(problems(schema, value), [], `${options.method ?? 'GET'} ${path}`);
    for (const [name, one] of Object.entries(schemas)) if (one === schema || schema.of === one) seen.add(name);
    return value;
  };
  const many = name => Object.assign(listOf(schemas[name]), { of: schemas[name] });
  const here = `/organizations/${server.organizationId}`;

  await ask(schemas.organization, here);
  const project = await ask(schemas.project, `${here}/projects`, { method: 'POST', json: { name: 'strictly', description: 'für alle' } });
  await ask(schemas.project, `/projects/${project.id}`, { method: 'PATCH', json: { description: '' } });
  await ask(many('project'), `${here}/projects`);
  const database = await ask(schemas.database, `${here}/databases`, { method: 'POST', json: {} });
  await ask(many('database'), `${here}/databases`);
  const { id: backup } = await ask(schemas.newBackup, `/databases/${database.id}/database_backups`, { method: 'POST', json: BUCKET });
  await ask(schemas.backup, `/database_backups/${backup}`);
  await ask(many('backup'), `/databases/${database.id}/database_backups`);
  await ask(schemas.noBackup, `/database_backups/${backup}`, { method: 'DELETE' });

  const domain = await ask(schemas.domain, `${here}/domains`, { method: 'POST', json: { domain: 'strict.example' } });
  names.tell('strict.example', 'A', domain.dnsRecords[0].content);
  names.tell('_acme-challenge.strict.example', 'CNAME', domain.dnsRecords[2].content);
  await ask(schemas.nothing, `/domains/${domain.id}/certificates/provision`, { method: 'POST' });
  const bodies = {
    plain: {}, all: { databases: { default: database.id }, requestTimeout: 5000, permissions: { net: ['example.com'] }, description: 'all of it', domains: ['strict.example'] },
    broken: { assets: { 'main.ts': { kind: 'file', content: 'throw new Error()' } } },
  };
  for (const [kind, body] of Object.entries(bodies)) {
    const { id } = await ask(schemas.deployment, `/projects/strictly/deployments`, {
      method: 'POST', json: { entryPointUrl: 'main.ts', assets: { 'main.ts': { kind: 'file', content: `Deno.serve(() => { console.error('seen'); return new Response(); })` } }, envVars: {}, ...body },
    });
    await ask(many('buildLogLine'), `/deployments/${id}/build_logs`);
    const now = await ask(schemas.deployment, `/deployments/${id}`);
    assert.equal(now.status, kind === 'broken' ? 'failed' : 'success');
    if (kind !== 'all') continue;
    await visit(server, 'strict.example');
    await eventually(async () => (await ask(many('appLogLine'), `/deployments/${id}/app_logs?since=2020-01-01T00:00:00Z`)).some(line => line.message === 'seen'));
    await ask(schemas.attachment, `/deployments/${id}/domains/${encodeURIComponent('{project.name}.deno.dev')}`, { method: 'PUT' });
    await ask(schemas.deployment, `/deployments/${id}/redeploy`, { method: 'POST', json: {} });
  }
  await ask(many('deployment'), `/projects/${project.id}/deployments?order=desc`);
  await ask(schemas.domain, `/domains/${domain.id}`);
  await ask(many('domain'), `${here}/domains`);
  await ask(schemas.analytics, `${here}/analytics?since=${new Date(Date.now() - 3_600_000).toISOString()}&until=${new Date().toISOString()}`);
  await ask(schemas.analytics, `/projects/${project.id}/analytics?since=2020-01-01T00:00:00%2B00:00&until=${new Date().toISOString()}`);
  for (const [path, expected, token] of [['/projects/nobodys-project', 404], ['/deployments/abc', 400], [here, 401, 'isl_wrong'], ['/no/such/path', 404]]) {
    await ask(schemas.error, path, { expected, ...token && { token } });
  }
  assert.deepEqual([...seen].sort(), Object.keys(schemas).sort());
  assert.equal(problems(schemas.project, { ...project, extra: 1, id: 'no', createdAt: 'today' }).length, 3); // it would have told
});

/** Text between line feeds, as the notebook's stream cuts it. */
async function* lines(body) {
  let rest = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop();
    yield* parts;
  }
  assert.equal(rest, '');
}
