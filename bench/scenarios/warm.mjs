// Warm throughput: wrk through the edge and through nginx, both in front of the one jailed isolate, in turns.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, Server } from '../../test/e2e/support/server.mjs';
import { deployHello, firstByte } from '../support/hello.mjs';
import { startNginx } from '../support/nginx.mjs';
import { median, round } from '../support/numbers.mjs';
import { wrk } from '../support/wrk.mjs';

const CONNECTIONS = 32;

export async function run({ quick }) {
  const [rounds, seconds] = quick ? [1, 1] : [7, 4];
  const server = await Server.start();
  let nginx;
  try {
    const app = await deployHello(server);
    await firstByte({ host: '127.0.0.1', port: server.port }, { host: app.host });
    nginx = await startNginx(await isolateSocket(server), app.host, await freePort());
    const sides = { islet: server.port, nginx: nginx.port };
    const load = (port, seconds) => wrk(`http://127.0.0.1:${port}/`, { connections: CONNECTIONS, seconds, headers: { Host: app.host } });
    for (const port of Object.values(sides)) await load(port, quick ? 1 : 3); // warm-up

    const results = { islet: [], nginx: [] };
    for (let n = 0; n < rounds; n++)
      for (const [side, port] of n % 2 === 0 ? Object.entries(sides) : Object.entries(sides).reverse())
        results[side].push(await load(port, seconds));
    const ratio = member => round(median(results.islet.map((r, n) => r[member] / results.nginx[n][member])), 3);
    return {
      rows: Object.entries(results).map(([name, list]) => ({
        name, rounds, 'req/s': Math.round(median(list.map(r => r.rps))), 'p50 ms': round(median(list.map(r => r.p50)), 3), 'p99 ms': round(median(list.map(r => r.p99)), 3),
      })),
      ratioRps: ratio('rps'),
      ratioP99: ratio('p99'),
      samples: results,
    };
  } finally {
    await nginx?.stop();
    await server.close();
  }
}

/** The one socket below the slots that answers: unassigned slots do not listen yet. They are seen where the server lives. */
async function isolateSocket(server) {
  const below = (await server.processes()).at(-1);
  const places = [`/proc/${below}/root/mnt/run/slots`, join(server.dataDirectory, 'run', 'slots')];
  const slots = places.find(place => existsSync(place));
  const answering = [];
  for (const slot of await readdir(slots)) {
    const socketPath = join(slots, slot, 'io', 'sock', 'a.sock');
    if (await firstByte({ socketPath }, { host: 'localhost' }).catch(() => null)) answering.push(socketPath);
  }
  if (answering.length !== 1) throw new Error(`${answering.length} isolates answer below ${slots}`);
  return answering[0];
}
