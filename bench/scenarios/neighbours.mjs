// A quiet deployment beside a bad one of another project: its latencies alone and beside each kind of attacker, in turns.
// Where the machine itself is what they share, also beside a peer: the same work by another program, outside of Islet.
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { deployed } from '../../test/e2e/support/deploy.mjs';
import { freePort, Server } from '../../test/e2e/support/server.mjs';
import { start, stop } from '../support/children.mjs';
import { BODY, deployHello, HELLO } from '../support/hello.mjs';
import { startAnsweringNginx } from '../support/nginx.mjs';
import { median, round } from '../support/numbers.mjs';
import { Usage } from '../support/usage.mjs';
import { paced, wrk } from '../support/wrk.mjs';

const MOST = 1.5; // p99 beside an attacker to p99 alone
const OTHERS = 0.15; // cores that other work on this machine may take while a window is measured
const EACH_MS = 5; // a request of the victim's visitors, on the average
const CONNECTIONS = 16;
const WARM_UP_S = 1;
const UNDER_WAY_MS = 1_000; // an attack begins this long before it is measured

const TIMERS = 'for (let n = 0; n < 100_000; n++) setInterval(() => {}, n % 10);';

/** How each attacker behaves when it is visited, how its visitors come (see ../support/attack.mjs), and who is its peer. */
export const attackers = {
  spin: {
    visitors: 'waiting',
    source: `Deno.serve(() => { for (;;); });`,
    peer: act => during([process.env.DENO_BIN, 'eval', 'for (;;);'], act),
  },
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
      const begin = () => { ${TIMERS} };
      Deno.serve(() => { if (!begun) setTimeout(begin); begun = true; return new Response(); });`,
    peer: act => during([process.env.DENO_BIN, 'eval', TIMERS], act),
  },
  'name flood': {
    visitors: 'calling',
    source: `
      let begun = false, n = 0;
      const ask = async () => { for (;;) await Deno.resolveDns('n' + n++ + '.localhost', 'A').catch(() => {}); };
      Deno.serve(() => { if (!begun) for (let k = 0; k < 50; k++) ask(); begun = true; return new Response(); });`,
  },
  'refused connections': {
    visitors: 'calling',
    source: `
      let begun = false;
      const connect = async () => {
        for (;;) {
          const made = await Deno.connect({ hostname: '10.0.0.1', port: 80 }).catch(() => null);
          await made?.read(new Uint8Array(1)).catch(() => {});
          made?.close();
        }
      };
      Deno.serve(() => { if (!begun) for (let k = 0; k < 50; k++) connect(); begun = true; return new Response(); });`,
  },
  'connection flood': {
    visitors: 'flooding',
    source: HELLO,
    peer: async act => {
      const nginx = await startAnsweringNginx(BODY, await freePort());
      try {
        return await during(visiting('flooding', nginx.port, 'localhost'), pid => act(pid, ...nginx.pids));
      } finally {
        await nginx.stop();
      }
    },
  },
};

export async function run({ quick }) {
  const [rounds, seconds] = quick ? [1, 1] : [5, 3];
  const server = await Server.start({ idleSeconds: 5 });
  try {
    const usage = await Usage.of(server);
    const victim = await deployHello(server);
    const chosen = Object.entries(attackers).filter(([name]) => !process.env.NEIGHBOURS || process.env.NEIGHBOURS.split(',').includes(name));
    const deployments = await Promise.all(chosen.map(([, { source }]) => deployed(server, { 'main.ts': source })));
    const measured = async (...others) => {
      await load(server, victim.host, WARM_UP_S); // its isolate may have gone meanwhile
      return usage.around(() => load(server, victim.host, seconds), ...others);
    };
    await wrk(`${server.url}/`, { connections: CONNECTIONS, seconds: quick ? 1 : 10, headers: { Host: victim.host } }); // what the server compiles it has compiled then
    const rows = [], samples = {};
    for (const [index, [name, { visitors, peer }]] of chosen.entries()) {
      const host = deployments[index].host;
      const sides = {
        alone: () => usage.settled().then(() => measured()),
        beside: () => usage.settled().then(() => during(visiting(visitors, server.port, host), measured)),
        ...peer && { peer: () => usage.settled().then(() => peer(measured)) },
      };
      const names = Object.keys(sides), all = Object.fromEntries(names.map(side => [side, []]));
      // in turns, until both sides have enough windows in which nothing else was at work here, or there will be none
      for (let n = 0; n < 3 * rounds && !names.every(side => quiet(all[side]).length >= rounds); n++)
        for (const side of n % 2 === 0 ? names : names.toReversed()) all[side].push(await sides[side]());
      const taken = Object.fromEntries(Object.entries(all).map(([side, windows]) => [side, quietest(windows, rounds)]));
      rows.push(row(name, taken, quick));
      console.log(`  ${name}: p99 ${rows.at(-1)['ratio p99']} times that alone, of ${all.beside.length} windows`); // each takes minutes
      samples[name] = taken;
    }
    const missed = rows.filter(row => row.verdict === 'missed').map(row => row.name);
    return { rows, samples, missed };
  } finally {
    await server.close();
  }
}

const quiet = windows => windows.filter(({ others }) => others <= OTHERS);

/** All quiet windows, else those with the least of other work. */
function quietest(windows, rounds) {
  const found = quiet(windows);
  return found.length >= rounds ? found : [...windows].sort((a, b) => a.others - b.others).slice(0, rounds);
}

/** Medians of the windows, and their ratio. */
function row(name, taken, quick) {
  const of = (side, member) => round(median(taken[side].map(one => one[member])));
  const p99 = round(ratio(taken, 'p99')), peer = taken.peer && round(ratio(taken, 'p99', 'peer'));
  return {
    name, windows: taken.alone.length,
    'alone p50 ms': of('alone', 'p50'), 'alone p99 ms': of('alone', 'p99'), 'beside p50 ms': of('beside', 'p50'), 'beside p99 ms': of('beside', 'p99'),
    'ratio p50': round(ratio(taken, 'p50')), 'ratio p99': p99, 'peer p99': peer ?? '',
    'others cores': round(Math.max(...Object.keys(taken).map(side => median(taken[side].map(one => one.others))))),
    failed: taken.beside.reduce((sum, one) => sum + one.failed, 0),
    verdict: quick ? '' : p99 <= MOST ? 'ok' : p99 <= peer ? 'as its peer' : 'missed',
  };
}

function ratio(taken, member, side = 'beside') {
  const of = which => median(taken[which].map(one => one[member]));
  return of(side) / of('alone');
}

/** The attacker's visitors are a process and a session of their own; the machine, and nothing else, is shared with the victim's. */
const visiting = (visitors, port, host) =>
  [process.execPath, fileURLToPath(new URL('../support/attack.mjs', import.meta.url)), visitors, String(port), host];

/** What `measure` gives beside a process, whose work and that of its children is not others'. */
async function during([command, ...args], measure) {
  const child = start(command, args, { detached: true });
  try {
    await sleep(UNDER_WAY_MS);
    return await measure(child.pid);
  } finally {
    await stop(child, 'SIGKILL');
  }
}

/** What the victim's visitors see. */
const load = (server, host, seconds) => paced(`${server.url}/`, { connections: CONNECTIONS, everyMs: EACH_MS, seconds, headers: { Host: host } });
