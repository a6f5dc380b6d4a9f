// Lists of an installation with 100,000 projects and 1,000,000 deployments against the same lists of a small one, in turns
// and one call at a time, on SQLite and on PostgreSQL. ISLET_TEST_DATABASE=sqlite or postgres measures that one only.
import http from 'node:http';
import { Server } from '../../test/e2e/support/server.mjs';
import { median, round } from '../support/numbers.mjs';
import { seed } from '../support/seed.mjs';

const MANY = 1_000_000;
const SIZES = { small: { projects: 100, deployments: 1_000 }, large: { projects: 100_000, deployments: 1_000_000 } };

export async function run({ quick }) {
  const asked = process.env.ISLET_TEST_DATABASE;
  const rows = [];
  for (const engine of asked ? [asked] : ['sqlite', 'postgres']) {
    process.env.ISLET_TEST_DATABASE = engine;
    rows.push(...await measure(engine, quick));
  }
  return { rows };
}

async function measure(engine, quick) {
  const calls = quick ? 10 : 100;
  const sizes = quick ? { ...SIZES, large: { projects: 10_000, deployments: 100_000 } } : SIZES;
  const servers = {};
  try {
    for (const [name, size] of Object.entries(sizes)) {
      const server = servers[name] = await Server.start({ env: { ISLET_CALLS_OF_TOKEN: MANY, ISLET_CALLS_OF_ORGANIZATION: MANY, ISLET_CALLS_OF_ADDRESS: MANY } });
      await server.stop();
      seed(server, server.organizationId, size);
      await server.boot();
      server.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    }
    const rows = [];
    for (const [name, pathOf] of Object.entries(LISTS)) {
      const times = { small: [], large: [] };
      for (let n = 0; n < calls + 20; n++)
        for (const side of n % 2 === 0 ? ['small', 'large'] : ['large', 'small'])
          times[side].push(await timed(servers[side], `${pathOf(servers[side], sizes[side])}&n=${n}`)); // no two alike: else the answer would be a kept one
      const [small, large] = [times.small.slice(20), times.large.slice(20)]; // the first ones warm up
      rows.push({ database: engine, name, 'small ms': round(median(small)), 'large ms': round(median(large)), 'large / small': round(median(large.map((ms, n) => ms / small[n])), 2) });
    }
    return rows;
  } finally {
    for (const server of Object.values(servers)) {
      server.agent?.destroy();
      await server.close();
    }
  }
}

const projects = (server, query) => `/v1/organizations/${server.organizationId}/projects?${query}`;
const deployments = (name, query) => `/v1/projects/${name}/deployments?${query}`;
const ofMany = size => Math.min(10_000, size.deployments / 2);
const lastPage = items => Math.ceil(items / 20);

const LISTS = {
  'projects, first page': server => projects(server, ''),
  'projects, first page, newest first': server => projects(server, 'order=desc'),
  'projects, middle page': (server, size) => projects(server, `page=${lastPage(size.projects / 2)}`),
  'projects, last page': (server, size) => projects(server, `page=${lastPage(size.projects)}`),
  'projects by name, first page': server => projects(server, 'sort=name'),
  'projects by name, middle page': (server, size) => projects(server, `sort=name&order=desc&page=${lastPage(size.projects / 2)}`),
  'projects by name, last page': (server, size) => projects(server, `sort=name&page=${lastPage(size.projects)}`),
  'projects, q matches one': server => projects(server, 'q=seeded-000077'),
  'projects, q matches all': server => projects(server, 'q=seeded'),
  'projects, q matches none': server => projects(server, 'q=nothing'),
  'projects, q of one character': server => projects(server, 'q=s'),
  'projects, q of two, matches none': server => projects(server, 'q=zq'),
  'get a project': () => '/v1/projects/seeded-000050?',
  'deployments of a project with few': () => deployments('seeded-000050', 'order=desc'),
  'deployments of many, first page': () => deployments('seeded-000001', 'order=desc'),
  'deployments of many, middle page': (server, size) => deployments('seeded-000001', `page=${lastPage(ofMany(size) / 2)}`),
  'deployments of many, last page': (server, size) => deployments('seeded-000001', `page=${lastPage(ofMany(size))}`),
  'deployments of many, q': () => deployments('seeded-000001', 'q=9e37'),
};

function timed(server, path) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port: server.port, path, agent: server.agent, headers: { authorization: `Bearer ${server.token}` } }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', piece => (text += piece));
      response.once('end', () => response.statusCode === 200 ? resolve(performance.now() - began) : reject(new Error(`${path}: ${response.statusCode} ${text}`)));
    });
    request.once('error', reject);
  });
}
