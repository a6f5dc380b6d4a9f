// The samples of the pages at /docs: each of each operation is run as it stands, by a shell or by node, with token and
// ids in the environment. What it names inside of a body is put in its place first.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { client, deployed } from './support/deploy.mjs';
import { islet } from './support/islet.mjs';
import { Names } from './support/names.mjs';
import { Server } from './support/server.mjs';

const BUCKET = { kind: 's3', endpoint: 'http://127.0.0.1:9', bucketName: 'copies', bucketRegion: 'eu-west-1', accessKeyId: 'id', secretAccessKey: 'secret' };
const SOURCE = { 'main.ts': `Deno.serve(() => new Response('hello'))` };

let names, server, api, certificate;
before(async () => {
  names = await Names.start();
  server = await Server.start({ env: { ISLET_DNS_SERVERS: names.address, ISLET_CERTIFICATE_ISSUER: 'internal', ISLET_BACKUP_ENDPOINTS: BUCKET.endpoint } });
  api = client(server);
  certificate = await certificateOf('sample-certified.example');
});
after(async () => {
  try {
    await server?.close();
  } finally {
    names?.close();
  }
});

for (const dialect of ['v1', 'islet/v1']) {
  test(`${dialect}: every sample works`, async t => {
    const document = await (await fetch(`${server.url}/${dialect}/openapi.json`)).json();
    const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })));
    assert.ok(operations.length > 20);
    let sdk = 0;
    for (const operation of operations) {
      await t.test(operation.operationId, async () => {
        const samples = operation['x-codeSamples'];
        assert.deepEqual(samples.map(sample => sample.lang), ['JavaScript', 'Shell']);
        for (const { label, source } of samples) {
          if (label === 'subhosting') sdk++;
          const { env, replace } = await place(operation);
          const own = replace.reduce((text, [from, to]) => (assert.ok(text.includes(from), `${from} is not in\n${text}`), text.replaceAll(from, to)), source);
          assert.ok(own.includes(`${document.servers[0].url}`), source);
          if (label === 'curl' && env.DOMAIN) env.DOMAIN = encodeURIComponent(env.DOMAIN); // braces are a list to it
          const { code, output, errors } = await run(label, own, { ISLET_TOKEN: server.token, ...env });
          assert.equal(code, 0, `${own}\n${output}\n${errors}`);
          if (label === 'fetch') assert.match(output, /^20[02] /, own); // the others fail by themselves
        }
      });
    }
    assert.equal(sdk, dialect === 'v1' ? 26 : 0);
  });
}

let count = 0;
const shared = {};

/**
 * What the sample of an operation needs: ids for the environment, and what to replace in its body. Reads share theirs,
 * what changes something gets its own.
 */
async function place({ operationId, method, path }) {
  const made = method === 'get' ? shared : {};
  const name = `sample-${count++}`;
  const lazily = async (key, make) => (made[key] ??= await make());
  const project = () => lazily('project', () => api.organizations.projects.create(server.organizationId, {}));
  const deployment = () => lazily('deployment', async () => (await deployed(server, SOURCE, { project: await project() })).deployment);
  const database = () => lazily('database', () => api.organizations.databases.create(server.organizationId, {}));
  const domain = () => lazily('domain', () => registered(`${name}.example`));
  const env = { ORGANIZATION_ID: server.organizationId };
  const replace = [];
  if (path.includes('{projectId}')) env.PROJECT_ID = (await project()).id;
  if (path.includes('{deploymentId}')) env.DEPLOYMENT_ID = (await deployment()).id;
  if (path.includes('{databaseId}')) env.DATABASE_ID = (await database()).id;
  if (path.includes('{domainId}')) env.DOMAIN_ID = (await domain()).id;
  if (path.includes('{databaseBackupId}')) env.DATABASE_BACKUP_ID = await lazily('backup', async () => (await v1('POST', `/databases/${(await database()).id}/database_backups`, BUCKET)).id);
  if (path.includes('{domain}')) {
    env.DOMAIN = '{project.name}.deno.dev';
    if (method === 'delete') env.DOMAIN = (await v1('PUT', `/deployments/${env.DEPLOYMENT_ID}/domains/${encodeURIComponent(env.DOMAIN)}`)).domain;
  }
  if (path.includes('/crons/{name}')) {
    env.NAME = 'nightly';
    const crons = { 'main.ts': `Deno.cron('nightly', '0 3 * * *', () => {}); Deno.serve(() => new Response('hello'))` };
    const databases = { default: (await api.organizations.databases.create(server.organizationId, {})).id };
    await lazily('crons', async () => deployed(server, crons, { project: await project(), enableCron: true, databases, domains: ['{project.name}.deno.dev'] }));
    if (method === 'get') await islet(server, `/projects/${env.PROJECT_ID}/crons/nightly/run`, { method: 'POST', status: 202 });
  }
  if (path.includes('/env/{name}') || path.includes('/secrets/{name}')) {
    env.NAME = 'API_KEY';
    if (method !== 'put') await islet(server, `/projects/${env.PROJECT_ID}/${path.split('/')[3]}/API_KEY`, { method: 'PUT', json: { value: 'v', ...path.includes('secrets') && { hosts: ['api.example.com'] } } });
  }
  if (operationId === 'get_entry') await islet(server, `/databases/${env.DATABASE_ID}/entry?key=["users",1]`, { method: 'PUT', json: { value: { type: 'u64', value: '1' } } });
  switch (operationId) {
    case 'create_project': replace.push(['greeter', `${name}-project`]); break;
    case 'create_domain': replace.push(['*.example.com', `*.${name}.example`]); break;
    case 'update_domain_association': replace.push(['rn3mjpwsw24d', (await deployment()).id]); break;
    case 'add_domain_certificate':
      // a certificate covers the name it was made for
      env.DOMAIN_ID = (shared.certified ??= await registered('sample-certified.example')).id;
      replace.push(...[['PRIVATE KEY', certificate.privateKey], ['CERTIFICATE', certificate.certificateChain]]
        .map(([kind, pem]) => [`-----BEGIN ${kind}-----\\n…\\n-----END ${kind}-----\\n`, JSON.stringify(pem).slice(1, -1)]));
      break;
    case 'enable_kv_backup': replace.push(['https://s3.eu-west-1.amazonaws.com', BUCKET.endpoint]); break;
    case 'rename_organization': case 'delete_organization': env.ORGANIZATION_ID = (await islet(server, '/organizations', { method: 'POST', json: { name } })).id; break;
    case 'change_member': case 'remove_member': {
      const invitation = await islet(server, `/organizations/${server.organizationId}/invitations`, { method: 'POST', json: { email: `${name}@example.com`, role: 'member' } });
      env.USER_ID = (await accept({ token: invitation.token, name, password: 'correct horse battery' })).userId;
      break;
    }
    case 'create_invitation': replace.push(['person@example.com', `${name}@example.com`]); break;
    case 'revoke_invitation': env.INVITATION_ID = (await islet(server, `/organizations/${server.organizationId}/invitations`, { method: 'POST', json: { email: `${name}@example.com`, role: 'viewer' } })).id; break;
    case 'accept_invitation': {
      // somebody else invites the first user into an organization of theirs
      const { email } = (await islet(server, `/organizations/${server.organizationId}/members`))[0];
      const guest = await islet(server, `/organizations/${server.organizationId}/invitations`, { method: 'POST', json: { email: `${name}@example.com`, role: 'owner' } });
      const { token } = await accept({ token: guest.token, name, password: 'correct horse battery' });
      const theirs = await islet({ url: server.url, token }, '/organizations', { method: 'POST', json: { name } });
      replace.push(['inv_…', (await islet({ url: server.url, token }, `/organizations/${theirs.id}/invitations`, { method: 'POST', json: { email, role: 'member' } })).token]);
      break;
    }
    case 'create_token': replace.push(['greeter', (await project()).name]); break;
    case 'revoke_token': env.TOKEN_ID = (await islet(server, '/tokens', { method: 'POST', json: { name } })).id; break;
  }
  return { env, replace };
}

/** A domain whose records are in DNS. */
async function registered(name) {
  const domain = await api.organizations.domains.create(server.organizationId, { domain: name });
  names.tell(name, 'A', domain.dnsRecords[0].content);
  names.tell(`_acme-challenge.${name}`, 'CNAME', domain.dnsRecords[2].content);
  return domain;
}

async function v1(method, path, json) {
  const answer = await fetch(server.api + path, { method, headers: { authorization: `Bearer ${server.token}` }, body: json && JSON.stringify(json) });
  const body = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body;
}

/** By who has no user yet, hence without a token. */
async function accept(json) {
  const answer = await fetch(`${server.url}/islet/v1/invitations/accept`, { method: 'POST', body: JSON.stringify(json) });
  const body = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body;
}

/** A shell in which curl fails with the status, or node, where packages are found. */
function run(label, source, env) {
  const [command, words, text] = label === 'curl'
    ? ['sh', ['-e'], `curl() { command curl -sS --fail-with-body "$@"; }\n${source}\n`]
    : [process.execPath, ['--input-type=module', '-'], source];
  const child = spawn(command, words, { cwd: import.meta.dirname, env: { PATH: process.env.PATH, ...env }, timeout: 60_000 });
  let output = '', errors = '';
  child.stdout.setEncoding('utf8').on('data', piece => (output += piece));
  child.stderr.setEncoding('utf8').on('data', piece => (errors += piece));
  child.stdin.end(text);
  return new Promise(done => child.once('close', code => done({ code, output, errors })));
}

/** A certificate that signs itself, by openssl. */
async function certificateOf(host) {
  const directory = await mkdtemp(join(tmpdir(), 'islet-certificate-'));
  try {
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '10', '-subj', '/CN=test', '-addext', `subjectAltName=DNS:${host}`,
      '-keyout', join(directory, 'key.pem'), '-out', join(directory, 'chain.pem'),
    ], { stdio: 'ignore' });
    return { privateKey: await readFile(join(directory, 'key.pem'), 'utf8'), certificateChain: await readFile(join(directory, 'chain.pem'), 'utf8') };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
