// A server that is asked to stop in the middle of builds gives them back: after the next start all come to their end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { client, wireAssets } from './support/deploy.mjs';
import { Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';

const BUILDS = 12;

let server;
before(async () => (server = await Server.start()));
after(() => server?.close());

// From the middle of a module's resolving to the middle of a boot, and before the first of them.
for (const afterMs of [0, 100, 300, 700])
  test(`SIGTERM ${afterMs} ms after ${BUILDS} deploys fails none of them`, async () => {
    const project = await client(server).organizations.projects.create(server.organizationId, {});
    const created = await Promise.all(Array.from({ length: BUILDS }, (_, n) =>
      client(server).projects.deployments.create(project.id, {
        entryPointUrl: 'main.ts',
        envVars: {},
        // slow enough to be met in its boot
        assets: wireAssets({ 'main.ts': `await new Promise(r => setTimeout(r, 300)); Deno.serve(() => new Response('answer ${n}'))` }),
      })));
    await sleep(afterMs);
    const end = await server.stop();
    assert.equal(end.code, 0);

    await server.boot();
    const api = client(server);
    for (const [n, { id }] of created.entries()) {
      const lines = await api.deployments.buildLogs.get(id); // held open until the resumed build has ended
      const deployment = await api.deployments.get(id);
      assert.equal(deployment.status, 'success', JSON.stringify(lines));
      assert.deepEqual(lines.filter(line => line.level === 'error'), []);
      assert.equal((await visit(server, deployment.domains[0])).text, `answer ${n}`);
    }
  });
