// Reads of version 1 against a bare Kestrel that has the very bytes in memory: what token, rate, tenancy, query and JSON
// cost beside HTTP itself. Answers that nothing has changed are kept by the server; the rows "while written to" have a
// writer beside them, some hundred commits a second, so that few are. ISLET_TEST_DATABASE=postgres measures PostgreSQL.
import { freePort, Server } from '../../test/e2e/support/server.mjs';
import { client } from '../../test/e2e/support/deploy.mjs';
import { startBare } from '../support/bare.mjs';
import { deployHello } from '../support/hello.mjs';
import { median, round } from '../support/numbers.mjs';
import { wrk } from '../support/wrk.mjs';

const CONNECTIONS = 32;
const MANY = 1_000_000; // a second: calls are counted, none is refused

export async function run({ quick }) {
  const [rounds, seconds] = quick ? [1, 1] : [5, 2];
  const server = await Server.start({ env: { ISLET_CALLS_OF_TOKEN: MANY, ISLET_CALLS_OF_ORGANIZATION: MANY, ISLET_CALLS_OF_ADDRESS: MANY } });
  let bare;
  try {
    const calls = await prepare(server);
    const headers = { Authorization: `Bearer ${server.token}` };
    const answers = {};
    for (const [name, path] of Object.entries(calls)) answers[name] = Buffer.from(await (await fetch(server.api + path, { headers })).arrayBuffer());
    bare = await startBare(answers, await freePort());

    // what all calls have in common is compiled in steps, the last after some ten thousand of them
    for (const path of Object.values(calls)) await wrk(server.api + path, { connections: CONNECTIONS, seconds: quick ? 1 : 5, headers });
    const rows = [], samples = {};
    for (const written of [false, true]) {
      const writer = written && startWriting(server);
      const results = Object.fromEntries(Object.keys(calls).map(name => [name, { islet: [], bare: [] }]));
      for (let n = -1; n < rounds; n++) // the first warms up
        for (const [name, path] of Object.entries(calls)) {
          const sides = Object.entries({ islet: server.api + path, bare: `http://127.0.0.1:${bare.port}/${name}` });
          for (const [side, url] of n % 2 === 0 ? sides : sides.reverse()) {
            const result = await wrk(url, { connections: CONNECTIONS, seconds, headers });
            if (n >= 0) results[name][side].push(result);
          }
        }
      if (writer) await writer.stop();
      for (const [name, { islet, bare }] of Object.entries(results)) rows.push({
        name: written ? `${name}, while written to` : name, bytes: answers[name].length,
        'req/s': Math.round(median(islet.map(r => r.rps))), 'bare req/s': Math.round(median(bare.map(r => r.rps))),
        'islet / bare': round(median(islet.map((r, n) => r.rps / bare[n].rps)), 3), 'p99 ms': round(median(islet.map(r => r.p99)), 2),
      });
      samples[written ? 'written' : 'still'] = results;
    }
    return { rows, ratioLowest: Math.min(...rows.slice(0, 4).map(row => row['islet / bare'])), samples };
  } finally {
    await bare?.stop();
    await server.close();
  }
}

/** Fifty projects, one of them with thirty deployments, so that lists have full pages of twenty. */
async function prepare(server) {
  const api = client(server);
  let project;
  for (let n = 0; n < 50; n++) project = await api.organizations.projects.create(server.organizationId, {});
  const { deployment } = await deployHello(server, { project });
  for (let n = 0; n < 29; n++) {
    const { id } = await api.deployments.redeploy(deployment.id, {});
    await api.deployments.buildLogs.get(id);
  }
  return {
    'list-projects': `/organizations/${server.organizationId}/projects`,
    'get-project': `/projects/${project.id}`,
    'list-deployments': `/projects/${project.id}/deployments`,
    'get-deployment': `/deployments/${deployment.id}`,
  };
}

/** Changes a project of its own, one call after the other. */
function startWriting(server) {
  const api = client(server);
  let stopped = false;
  const writing = (async () => {
    const { id } = await api.organizations.projects.create(server.organizationId, {});
    for (let n = 0; !stopped; n++) await api.projects.update(id, { description: `${n}` });
    await api.projects.delete(id);
  })();
  writing.catch(() => {}); // told by stop
  return { stop: () => ((stopped = true), writing) };
}
