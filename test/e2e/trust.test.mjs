// Custom domains where nobody asks DNS, and certificates where nobody issues them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BadRequestError } from 'subhosting';
import { client, program } from './support/deploy.mjs';
import { Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';

let server, api;
before(async () => {
  server = await Server.start({ env: { ISLET_DOMAIN_VERIFICATION: 'trust' } });
  api = client(server);
});
after(() => server?.close());

test('a domain is its organization’s by word, and leads to a deployment', async () => {
  const domain = await api.organizations.domains.create(server.organizationId, { domain: 'app.corp.internal' });
  assert.equal(domain.isValidated, false);
  const app = await program(server, `Deno.serve(request => new Response(request.headers.get('host')))`);
  assert.equal(await api.domains.update(domain.id, { deploymentId: app.id }), null);
  const seen = await api.domains.get(domain.id);
  assert.deepEqual([seen.isValidated, seen.deploymentId, seen.projectId], [true, app.id, app.project.id]);
  assert.equal((await visit(server, 'app.corp.internal')).text, 'app.corp.internal');
  assert.equal((await visit(server, 'APP.corp.internal.:80')).status, 200);
  await api.projects.delete(app.project.id);
  assert.equal((await visit(server, 'app.corp.internal')).status, 404);
});

test('without an issuer provisioning says so, and so does the domain', async () => {
  const domain = await api.organizations.domains.create(server.organizationId, { domain: 'tls.corp.internal' });
  await assert.rejects(api.domains.certificates.provision(domain.id), error => error instanceof BadRequestError && /upload/.test(error.message));
  const { provisioningStatus, certificates, isValidated } = await api.domains.get(domain.id);
  assert.deepEqual([provisioningStatus.code, certificates, isValidated], ['failed', [], true]);
  assert.match(provisioningStatus.message, /no issuer/);
});
