// Cold first byte: each deployment is fresh and at zero; the peer is a `deno run` spawned for one request.
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '../../test/e2e/support/server.mjs';
import { stop } from '../support/children.mjs';
import { bareHello, deployHello, firstByte } from '../support/hello.mjs';
import { median, percentile, round } from '../support/numbers.mjs';

const IDLE_SECONDS = 1;
const PAUSE_MS = 150; // the next visitor of a cold deployment does not come while the pool fills up again

export async function run({ quick, denoBin }) {
  const count = quick ? 5 : 100;
  const server = await Server.start({ idleSeconds: IDLE_SECONDS });
  const bare = await bareHello(denoBin);
  try {
    const project = (await deployHello(server)).project;
    const apps = [];
    for (let n = 0; n < count; n++) apps.push(await deployHello(server, { project }));
    await sleep(IDLE_SECONDS * 1000 + 2_000); // whatever the builds booted is gone

    const islet = [], inside = [], peer = [];
    for (const app of apps) {
      const { ms, headers } = await firstByte({ host: '127.0.0.1', port: server.port }, { host: app.host });
      const start = /cold;dur=([\d.]+)/.exec(headers['server-timing'] ?? '');
      if (!start) throw new Error(`${app.host} was not cold: ${JSON.stringify(headers)}`);
      islet.push(ms);
      inside.push(Number(start[1]));
      await sleep(PAUSE_MS);
      const process = await bare.run();
      peer.push(process.ms);
      await stop(process.child, 'SIGKILL');
      await sleep(PAUSE_MS);
    }
    const row = (name, values) => ({ name, count, 'p50 ms': round(median(values)), 'p99 ms': round(percentile(values, 99)), 'min ms': round(Math.min(...values)) });
    return {
      rows: [row('islet, request to first byte', islet), row('of which isolate start (server-timing)', inside), row('deno run, spawn to first byte', peer)],
      ratioP50: round(median(islet) / median(peer), 3),
      samples: { islet: islet.map(v => round(v)), inside, peer: peer.map(v => round(v)) },
    };
  } finally {
    await bare.remove();
    await server.close();
  }
}
