// A quiet deployment beside a bad one of another project: its latencies alone and beside each kind of attacker, in turns.
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { deployed } from '../../test/e2e/support/deploy.mjs';
import { Server } from '../../test/e2e/support/server.mjs';
import { start, stop } from '../support/children.mjs';
import { deployHello } from '../support/hello.mjs';
import { median, percentile, round } from '../support/numbers.mjs';

const EACH_MS = 5; // a request of the victim's visitors, whether the earlier ones are answered or not
const CONNECTIONS = 32;
const UNDER_WAY_MS = 1_000; // an attack begins this long before it is measured

/** How each attacker behaves when it is visited, and how its visitors come: see ../support/attack.mjs. */
const attackers = {
  spin: { visitors: 'waiting', source: `Deno.serve(() => { for (;;); });` },
  allocate: {
    visitors: 'waiting',
    source: `const kept: unknown[] = []; Deno.serve(() => { for (;;) kept.push(new Uint8Array(1 << 20).fill(1)); });`,
  },
  'log flood': {
    visitors: 'calling',
    source: `
      const line = 'x'.repeat(1_000);
      const flood = () => { for (let n = 0; n < 1_000; n++) console.log(line); setTimeout(flood); };
      let begun = false;
      Deno.serve(() => { if (!begun) setTimeout(flood); begun = true; return new Response(); });`,
  },
  timers: {
    visitors: 'calling',
    source: `
      let begun = false;
      const begin = () => { for (let n = 0; n < 100_000; n++) setInterval(() => {}, n % 10); };
      Deno.serve(() => { if (!begun) setTimeout(begin); begun = true; return new Response(); });`,
  },
  'connection flood': { visitors: 'flooding', source: `Deno.serve(() => new Response('x'.repeat(1_000)));` },
};

export async function run({ quick }) {
  const [rounds, seconds] = quick ? [1, 1] : [5, 4];
  const server = await Server.start({ idleSeconds: 5 });
  try {
    const victim = await deployHello(server);
    await load(server, victim.host, 1); // warm-up
    const rows = [], samples = {};
    for (const [name, { source, visitors }] of Object.entries(attackers)) {
      const attacker = await deployed(server, { 'main.ts': source });
      const taken = { alone: [], beside: [] };
      for (let n = 0; n < rounds; n++) {
        const alone = async () => taken.alone.push(await load(server, victim.host, seconds));
        const beside = async () => taken.beside.push(await attacked(server, attacker.host, visitors, () => load(server, victim.host, seconds)));
        for (const side of n % 2 === 0 ? [alone, beside] : [beside, alone]) await side();
      }
      const of = (side, member) => round(median(taken[side].map(one => one[member])));
      const ratio = member => round(median(taken.beside.map((one, n) => one[member] / taken.alone[n][member])));
      rows.push({
        name, rounds, 'alone p50 ms': of('alone', 'p50'), 'alone p99 ms': of('alone', 'p99'), 'beside p50 ms': of('beside', 'p50'), 'beside p99 ms': of('beside', 'p99'),
        'ratio p50': ratio('p50'), 'ratio p99': ratio('p99'), failed: taken.beside.reduce((sum, one) => sum + one.failed, 0),
      });
      samples[name] = taken;
    }
    return { rows, samples };
  } finally {
    await server.close();
  }
}

/** The attacker's visitors are a process of their own; the machine, and nothing else, is shared with the victim's. */
async function attacked(server, host, visitors, measure) {
  const child = start(process.execPath, [fileURLToPath(new URL('../support/attack.mjs', import.meta.url)), visitors, String(server.port), host]);
  try {
    await sleep(UNDER_WAY_MS);
    return await measure();
  } finally {
    await stop(child, 'SIGKILL');
    await sleep(UNDER_WAY_MS); // what is on its way ends
  }
}

async function load(server, host, seconds) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const taken = [], pending = new Set();
  let failed = 0;
  const end = performance.now() + seconds * 1000;
  for (let next = performance.now(); next < end; next += EACH_MS) {
    await sleep(Math.max(0, next - performance.now()));
    const request = once(server, host, agent).then(ms => taken.push(ms), () => failed++).finally(() => pending.delete(request));
    pending.add(request);
  }
  await Promise.all(pending);
  agent.destroy();
  if (taken.length === 0) throw new Error(`${host} answered nothing`);
  return { p50: median(taken), p99: percentile(taken, 99), count: taken.length, failed };
}

function once(server, host, agent) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port: server.port, path: '/', agent, headers: { host } }, response => {
      response.resume();
      response.once('end', () => response.statusCode === 200 ? resolve(performance.now() - began) : reject(new Error(`${response.statusCode}`)));
    });
    request.setTimeout(20_000, () => request.destroy(new Error('no answer')));
    request.once('error', reject);
  });
}
