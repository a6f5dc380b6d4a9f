// Organizations, the people in them and their tokens, as clients use them: our own dialect by plain fetch, version 1 by the official SDK.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createServer as createMailServer } from 'node:net';
import { after, before, test } from 'node:test';
import Subhosting, { AuthenticationError, NotFoundError, PermissionDeniedError, RateLimitError } from 'subhosting';
import { client, deployed, finished, wireAssets } from './support/deploy.mjs';
import { Server } from './support/server.mjs';

const ENV = { 'main.ts': `Deno.serve(() => Response.json(Deno.env.toObject()))` };

let server, api;
before(async () => {
  server = await Server.start();
  api = client(server);
});
after(() => server?.close());

/** A call of our own dialect; gives { status, body, headers }. */
async function islet(path, { method = 'GET', json, token = server.token, headers = {} } = {}) {
  const response = await fetch(`${server.url}/islet/v1${path}`, {
    method,
    headers: { ...token === null ? {} : { authorization: `Bearer ${token}` }, ...headers },
    body: json === undefined ? undefined : JSON.stringify(json),
  });
  const text = await response.text();
  const body = response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text;
  return { status: response.status, body, headers: response.headers };
}

async function ok(path, options) {
  const { status, body } = await islet(path, options);
  assert.equal(status, 200, `${options?.method ?? 'GET'} ${path}: ${JSON.stringify(body)}`);
  return body;
}

/** A new person with a role in the organization; gives their token and user id. */
async function join(organization, role, email = `${role}-${crypto.randomUUID()}@example.com`) {
  const invitation = await ok(`/organizations/${organization}/invitations`, { method: 'POST', json: { email, role } });
  return ok('/invitations/accept', { method: 'POST', token: null, json: { token: invitation.token, name: role, password: 'correct horse battery' } });
}

test('a second organization sees nothing of the first', async () => {
  const person = await join((await ok('/organizations', { method: 'POST', json: { name: 'theirs' } })).id, 'owner');
  const [theirs] = await ok('/organizations', { token: person.token });
  const app = await deployed(server, ENV);
  const stranger = client(server, { bearerToken: person.token });

  assert.equal(theirs.name, 'theirs');
  await assert.rejects(stranger.organizations.get(server.organizationId), NotFoundError);
  await assert.rejects(stranger.organizations.projects.list(server.organizationId), NotFoundError);
  await assert.rejects(stranger.projects.get(app.project.name), NotFoundError);
  await assert.rejects(stranger.projects.delete(app.project.id), NotFoundError);
  await assert.rejects(stranger.deployments.get(app.id), NotFoundError);
  for (const path of ['', '/members', '/invitations', '/audit', '/limits'])
    assert.equal((await islet(`/organizations/${server.organizationId}${path}`, { token: person.token })).status, 404, path);
  assert.equal((await islet(`/projects/${app.project.id}/env`, { token: person.token })).status, 404);
  const own = await stranger.organizations.projects.create(theirs.id, {});
  await assert.rejects(client(server, { bearerToken: person.token }).organizations.projects.create(server.organizationId, {}), NotFoundError);
  assert.deepEqual((await stranger.organizations.projects.list(theirs.id)).map(project => project.id), [own.id]);
});

test('what each role may do', async () => {
  const organization = (await ok('/organizations', { method: 'POST', json: { name: 'roles' } })).id;
  const project = await api.organizations.projects.create(organization, {});
  const expected = { //       read project, make project, put env, see value, invite, rename, audit, make owner, delete organization
    viewer: [200, 403, 403, null, 403, 403, 403, 403, 403],
    member: [200, 200, 200, 'x', 403, 403, 403, 403, 403],
    admin: [200, 200, 200, 'x', 200, 200, 200, 403, 403],
    owner: [200, 200, 200, 'x', 200, 200, 200, 200, 409],
  };
  await ok(`/projects/${project.id}/env/A`, { method: 'PUT', json: { value: 'x' } });
  const other = await join(organization, 'viewer');
  for (const [role, results] of Object.entries(expected)) {
    const { token } = await join(organization, role);
    const v1 = client(server, { bearerToken: token });
    const status = async (path, method, json) => (await islet(path, { method, json, token })).status;
    assert.deepEqual([
      (await v1.projects.get(project.id)) && 200,
      await v1.organizations.projects.create(organization, {}).then(() => 200, error => error.status),
      await status(`/projects/${project.id}/env/A`, 'PUT', { value: 'x' }),
      (await ok(`/projects/${project.id}/env`, { token }))[0].value,
      await status(`/organizations/${organization}/invitations`, 'POST', { email: `by-${role}@example.com`, role: 'viewer' }),
      await status(`/organizations/${organization}`, 'PATCH', { name: `by ${role}` }),
      await status(`/organizations/${organization}/audit`, 'GET'),
      await status(`/organizations/${organization}/members/${other.userId}`, 'PATCH', { role: 'owner' }),
      await status(`/organizations/${organization}`, 'DELETE'),
    ], results, role);
  }
});

test('a viewer reads by the official client and changes nothing', async () => {
  const app = await deployed(server, ENV);
  const viewer = client(server, { bearerToken: (await join(server.organizationId, 'viewer')).token });
  assert.equal((await viewer.deployments.get(app.id)).id, app.id);
  for (const change of [
    () => viewer.projects.update(app.project.id, { description: 'x' }),
    () => viewer.projects.deployments.create(app.project.id, { entryPointUrl: 'main.ts', envVars: {}, assets: wireAssets(ENV) }),
    () => viewer.deployments.redeploy(app.id, {}),
    () => viewer.deployments.delete(app.id),
    () => viewer.projects.delete(app.project.id),
  ]) await assert.rejects(change(), PermissionDeniedError);
  assert.equal((await app.visit('/')).status, 200);
});

test('tokens: of a project, expiring, revoked at once', async () => {
  const [mine, other] = [await api.organizations.projects.create(server.organizationId, {}), await api.organizations.projects.create(server.organizationId, {})];
  const made = await ok('/tokens', { method: 'POST', json: { name: 'ci', scope: 'project', projectId: mine.name, expiresInDays: 1 } });
  assert.match(made.token, /^isl_[A-Za-z0-9]{40}$/);
  assert.equal(Date.parse(made.expiresAt) - Date.parse(made.createdAt), 86_400_000);
  const narrow = client(server, { bearerToken: made.token });

  assert.equal((await narrow.projects.get(mine.id)).id, mine.id);
  assert.deepEqual((await narrow.organizations.projects.list(server.organizationId)).map(project => project.id), [mine.id]);
  await assert.rejects(narrow.projects.get(other.id), NotFoundError);
  await assert.rejects(narrow.projects.delete(other.id), NotFoundError);
  await assert.rejects(narrow.organizations.projects.create(server.organizationId, {}), NotFoundError);
  const created = await narrow.projects.deployments.create(mine.id, { entryPointUrl: 'main.ts', envVars: {}, assets: wireAssets(ENV) });
  assert.equal((await finished(server, mine, created.id)).deployment.status, 'success');
  assert.equal((await islet('/tokens', { method: 'POST', token: made.token, json: { name: 'wide', scope: 'user' } })).status, 403);
  assert.equal((await islet('/tokens', { method: 'POST', token: made.token, json: { name: 'long', expiresInDays: 2 } })).status, 400);

  await ok(`/tokens/${made.id}`, { method: 'DELETE' });
  await assert.rejects(narrow.projects.get(mine.id), AuthenticationError);
});

test('variables of a project reach its programs, and their own win', async () => {
  const project = await api.organizations.projects.create(server.organizationId, {});
  for (const [name, value] of [['FROM_PROJECT', 'grüße'], ['BOTH', 'project']])
    await ok(`/projects/${project.id}/env/${name}`, { method: 'PUT', json: { value } });
  const app = await deployed(server, ENV, { project, envVars: { BOTH: 'own' } });
  const seen = async deployment => {
    const { FROM_PROJECT, BOTH } = await (await deployment.visit('/')).json();
    return { FROM_PROJECT, BOTH };
  };
  assert.deepEqual(await seen(app), { FROM_PROJECT: 'grüße', BOTH: 'own' });

  await ok(`/projects/${project.id}/env/FROM_PROJECT`, { method: 'PUT', json: { value: 'later' } });
  const again = await finished(server, project, (await api.deployments.redeploy(app.id, {})).id);
  assert.deepEqual(await seen(again), { FROM_PROJECT: 'later', BOTH: 'own' });
  assert.deepEqual(await seen(app), { FROM_PROJECT: 'grüße', BOTH: 'own' });
});

test('an organization goes with its running deployments, and the audit log tells it', async () => {
  const organization = (await ok('/organizations', { method: 'POST', json: { name: 'doomed' } })).id;
  const app = await deployed(server, ENV, { project: await api.organizations.projects.create(organization, {}) });
  assert.equal((await app.visit('/')).status, 200);
  assert.equal((await islet(`/organizations/${organization}`, { method: 'DELETE' })).status, 409);
  assert.equal((await app.visit('/')).status, 200);

  await ok(`/organizations/${organization}?force=true`, { method: 'DELETE' });

  assert.equal((await app.visit('/')).status, 404);
  const csv = (await islet(`/organizations/${organization}/audit?format=csv&order=asc`)).body;
  assert.deepEqual(csv.trimEnd().split('\r\n').slice(1).map(line => line.split(',')[6]),
    ['organization.create', 'project.create', 'deployment.create', 'organization.delete']);
});

test('the official client repeats a call whose answer got lost, and it is done once', async () => {
  const project = await api.organizations.projects.create(server.organizationId, {});
  let posts = 0;
  const proxy = createServer((incoming, outgoing) => {
    const forwarded = request(server.url + incoming.url, { method: incoming.method, headers: incoming.headers }, answer => {
      if (incoming.method === 'POST' && ++posts === 1) { // the server has done it; nobody hears so
        answer.resume();
        answer.on('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    const sdk = new Subhosting({ baseURL: `http://127.0.0.1:${proxy.address().port}/v1`, bearerToken: server.token, maxRetries: 2 });
    const created = await sdk.projects.deployments.create(
      project.id, { entryPointUrl: 'main.ts', envVars: {}, assets: wireAssets(ENV) }, { headers: { 'Idempotency-Key': crypto.randomUUID() } });
    assert.equal(posts, 2);
    assert.deepEqual((await api.projects.deployments.list(project.id)).map(deployment => deployment.id), [created.id]);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('a name in use is not tried again by the official client', async () => {
  const calls = [];
  const sdk = client(server, { maxRetries: 2, fetch: (...args) => (calls.push(args), fetch(...args)) });
  await sdk.organizations.projects.create(server.organizationId, { name: 'once-only' });
  await assert.rejects(sdk.organizations.projects.create(server.organizationId, { name: 'once-only' }), { status: 400 });
  assert.equal(calls.length, 2);
});

test('an invitation goes by mail when there is a mail server', async t => {
  const mails = [];
  const sink = createMailServer(socket => {
    let [text, inData] = ['', false];
    socket.write('220 sink\r\n');
    socket.on('data', chunk => {
      text += chunk;
      for (let end; (end = text.indexOf(inData ? '\r\n.\r\n' : '\r\n')) >= 0;) {
        const said = text.slice(0, end);
        text = text.slice(end + (inData ? 5 : 2));
        if (inData) mails.push(said);
        inData = !inData && said === 'DATA';
        socket.write(inData ? '354 go on\r\n' : said === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
      }
    });
    socket.on('error', () => {});
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  t.after(() => sink.close());
  const mailing = await Server.start({ env: { ISLET_SMTP: `smtp://127.0.0.1:${sink.address().port}`, ISLET_SMTP_FROM: 'cloud@islet.example' } });
  t.after(() => mailing.close());

  const response = await fetch(`${mailing.url}/islet/v1/organizations/${mailing.organizationId}/invitations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mailing.token}` },
    body: JSON.stringify({ email: 'person@example.com', role: 'viewer' }),
  });

  const { mailed, token, link } = await response.json();
  assert.deepEqual({ mailed, token, link }, { mailed: true, token: null, link: null });
  assert.equal(mails.length, 1);
  assert.match(mails[0], /^From: Islet <cloud@islet\.example>\r?$/m);
  assert.match(mails[0], /\/invitation#inv_[A-Za-z0-9]{40}/);
});

test('too many calls: 429 with the time to wait, which the official client does', async t => {
  const slow = await Server.start({ env: { ISLET_CALLS_OF_TOKEN: '1' } });
  t.after(() => slow.close());
  const impatient = client(slow);
  const get = () => impatient.organizations.get(slow.organizationId);
  for (let count = 0; count < 10; count++) await get();
  await assert.rejects(get(), error => {
    assert.ok(error instanceof RateLimitError);
    assert.equal(error.error.code, 'tooManyRequests');
    assert.equal(error.headers['x-should-retry'], 'true');
    assert.match(error.headers['retry-after'], /^[1-9]\d*$/);
    assert.equal(error.headers['x-ratelimit-limit'], '10');
    assert.equal(error.headers['x-ratelimit-remaining'], '0');
    return true;
  });
  assert.equal((await fetch(`${slow.url}/healthz`)).status, 200);

  const patient = client(slow, { maxRetries: 5 });
  const created = await patient.organizations.projects.create(slow.organizationId, { name: 'patient' });
  assert.equal(created.name, 'patient');
});
