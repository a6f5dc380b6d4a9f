// Memory of idle isolates: the proportional share (PSS) of everything the server keeps running for them.
import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { descends } from '../../test/e2e/support/leaks.mjs';
import { Server } from '../../test/e2e/support/server.mjs';
import { visit } from '../../test/e2e/support/visit.mjs';
import { stop } from '../support/children.mjs';
import { bareHello, deployHello } from '../support/hello.mjs';
import { round } from '../support/numbers.mjs';

const SETTLE_MS = 3_000;

export async function run({ quick, denoBin }) {
  const count = quick ? 3 : 50;
  const inJails = await isolates(count);
  const bare = await processes(count, denoBin);
  const row = (name, { pss, processes, server }) => ({
    name, count, processes, 'PSS MiB': round(pss, 1), 'MiB each': round(pss / count), 'server PSS MiB': server === undefined ? '' : round(server, 1),
  });
  return {
    rows: [row('islet: jailed isolates and the warm pool', inJails), row('bare deno run', bare)],
    ratioEach: round(inJails.pss / bare.pss, 3),
  };
}

async function isolates(count) {
  const server = await Server.start({ idleSeconds: 600 });
  try {
    const { project } = await deployHello(server);
    const apps = [];
    for (let n = 0; n < count; n++) apps.push(await deployHello(server, { project }));
    for (const app of apps) await visit(server, app.host);
    await sleep(SETTLE_MS);
    for (const app of apps) {
      const { headers, status } = await visit(server, app.host);
      if (status !== 200 || headers['server-timing']) throw new Error(`${app.host} did not stay: ${status} ${headers['server-timing']}`);
    }
    const own = await readlink(`/proc/${server.pid}/exe`);
    const below = [];
    for (const pid of await pids())
      if (pid !== server.pid && await descends(pid, server.pid) && await readlink(`/proc/${pid}/exe`).catch(() => own) !== own) below.push(pid);
    return { ...await total(below), server: (await total([server.pid])).pss };
  } finally {
    await server.close();
  }
}

async function processes(count, denoBin) {
  const bare = await bareHello(denoBin);
  const children = [];
  try {
    for (let n = 0; n < count; n++) children.push((await bare.run()).child);
    await sleep(SETTLE_MS);
    return await total(children.map(child => child.pid));
  } finally {
    for (const child of children) await stop(child, 'SIGKILL');
    await bare.remove();
  }
}

async function total(list) {
  let kilobytes = 0;
  for (const pid of list) kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
  return { pss: kilobytes / 1024, processes: list.length };
}

async function pids() {
  return (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number);
}
