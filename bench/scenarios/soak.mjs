// Ten thousand isolates made and ended: does anything pile up? Memory as a slope over the cycles, the rest as counts.
import { cycle, endingDeployments, IDLE_SECONDS, quiet, quietAgain } from '../../test/e2e/support/cycles.mjs';
import { footprint, slope } from '../../test/e2e/support/footprint.mjs';
import { Server } from '../../test/e2e/support/server.mjs';
import { round } from '../support/numbers.mjs';

const TARGET_KIB = 10; // a cycle
const WARM_UP = 0.2; // of the cycles: compiled code and pools that fill up once are no leak

export async function run({ quick }) {
  const cycles = Number(process.env.SOAK_CYCLES ?? (quick ? 100 : 10_000));
  const every = Math.max(10, Math.floor(cycles / 100));
  const server = await Server.start({ idleSeconds: IDLE_SECONDS });
  try {
    const apps = await endingDeployments(server, 24);
    await cycle(server, apps, Math.min(100, cycles), 100);
    const before = await quiet(server);

    const began = performance.now();
    const samples = [];
    const { done, refused } = await cycle(server, apps, cycles, every, async count => {
      samples.push({ x: count, y: (await footprint(server)).rssKiB });
      if (samples.length % 10 === 0) console.log(`  ${count} of ${cycles}, ${round(samples.at(-1).y / 1024, 1)} MiB`);
    });
    const seconds = (performance.now() - began) / 1000;
    const { after, left } = await quietAgain(server, before);

    const kept = samples.filter(({ x }) => x >= cycles * WARM_UP);
    const kibibytes = round(slope(kept));
    const row = name => ({ name, before: before[name], after: after[name], 'left over': left[name] ?? 0 });
    return {
      rows: [
        { name: 'RSS of the server, KiB', before: before.rssKiB, after: after.rssKiB },
        { name: `RSS, KiB a cycle (target ${TARGET_KIB})`, after: kibibytes, 'left over': kibibytes <= TARGET_KIB ? 'within' : 'over' },
        { name: 'descriptors', before: before.descriptors, after: after.descriptors },
        { name: 'of which sockets', before: before.sockets, after: after.sockets },
        ...['boundSockets', 'namespaces', 'mounts', 'cgroups', 'directories', 'processes'].map(row),
        { name: 'cycles', after: done },
        { name: 'visits that met an end (not 200)', after: refused },
        { name: 'cycles a second', after: round(done / seconds, 1) },
      ],
      kibibytesACycle: kibibytes,
      samples,
    };
  } finally {
    await server.close();
  }
}
