// kill -9 of the server in the middle of deploys: what was acknowledged is there after a restart and comes to an end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { client, wireAssets } from './support/deploy.mjs';
import { tracesInProcesses } from './support/leaks.mjs';
import { eventually } from './support/logs.mjs';
import { Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';
import { expectDeployment } from './support/wire.mjs';

const ROUNDS = 3;
const DEPLOYS = 20;
const seed = Number(process.env.ISLET_E2E_SEED ?? Date.now() % 100_000);

let server;
before(async () => {
  server = await Server.start();
  console.log(`ISLET_E2E_SEED=${seed}`);
});
after(() => server?.close());

const random = (state => () => ((state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648))(seed);

const programs = [
  { source: n => `Deno.serve(() => new Response('answer ${n}'))`, end: 'success' },
  { source: n => `export default { fetch: () => new Response('answer ${n}') }`, end: 'success' },
  { source: n => `throw new Error('no ${n}')`, end: 'failed' },
  { source: n => `import './missing-${n}.ts'`, end: 'failed' },
];

for (let round = 1; round <= ROUNDS; round++)
  test(`kill -9 during ${DEPLOYS} deploys, round ${round}`, async () => {
    const api = client(server);
    const project = await api.organizations.projects.create(server.organizationId, {});
    const acknowledged = [];
    const deploys = Array.from({ length: DEPLOYS }, async (_, n) => {
      const { source, end } = programs[Math.floor(random() * programs.length)];
      await sleep(random() * 600);
      const assets = wireAssets({ 'main.ts': source(n), 'blob.bin': Buffer.alloc(1 + random() * 200_000, n) });
      const { id } = await api.projects.deployments.create(project.id, { entryPointUrl: 'main.ts', envVars: {}, assets });
      acknowledged.push({ id, n, end });
    });
    const settled = Promise.allSettled(deploys); // those that were never answered may exist or not
    await sleep(100 + random() * 900);
    const { pid } = server;
    await server.kill();
    await settled;

    await server.boot();
    assert.notEqual(server.pid, pid);
    await eventually(async () => (await orphans()).length === 0, 5_000).catch(async () => assert.deepEqual(await orphans(), []));
    const again = client(server);
    assert.equal((await again.projects.get(project.id)).name, project.name);
    for (const { id, n, end } of acknowledged) {
      const lines = await again.deployments.buildLogs.get(id); // held open until the resumed build has ended
      const deployment = await again.deployments.get(id);
      expectDeployment(deployment);
      assert.equal(deployment.status, end, `deployment ${n} of seed ${seed}: ${JSON.stringify(lines)}`);
      if (end === 'success') assert.equal((await visit(server, deployment.domains[0])).text, `answer ${n}`);
    }
    const listed = await again.projects.deployments.list(project.id, { limit: 100 });
    const known = new Set(listed.map(item => item.id));
    assert.deepEqual(acknowledged.filter(({ id }) => !known.has(id)), []);
    for (const { id } of listed) await again.deployments.buildLogs.get(id); // the unacknowledged come to an end too
    const pending = (await again.projects.deployments.list(project.id, { limit: 100 })).filter(item => item.status === 'pending');
    assert.deepEqual(pending, []);
  });

/** Processes that belong to this data directory but do not descend from the server that runs now. */
async function orphans() {
  return tracesInProcesses(server.mark, server.pid);
}
