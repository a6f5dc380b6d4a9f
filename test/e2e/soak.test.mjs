// Five hundred isolates made and ended: nothing of them stays. `./bench.sh soak` is the long form.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cycle, endingDeployments, IDLE_SECONDS, quiet, quietAgain } from './support/cycles.mjs';
import { footprint, slope } from './support/footprint.mjs';
import { Server } from './support/server.mjs';

const CYCLES = 500;
const MOST_DESCRIPTORS = 50; // pools of files and threads; one forgotten at each end would be hundreds
const MOST_KIB = 100; // a cycle: the collector decides when; one forgotten isolate's buffers would be more

let server;
before(async () => {
  server = await Server.start({ idleSeconds: IDLE_SECONDS });
});
after(() => server?.close());

test('five hundred isolates that came and went leave nothing', { timeout: 600_000 }, async () => {
  const apps = await endingDeployments(server, 24);
  await cycle(server, apps, 100, 100);
  const start = await quiet(server);

  const samples = [];
  await cycle(server, apps, CYCLES, 25, async count => samples.push({ x: count, y: (await footprint(server)).rssKiB }));

  const { after: end, left } = await quietAgain(server, start);
  assert.deepEqual(left, {}, JSON.stringify({ start, end }));
  assert.ok(end.descriptors - start.descriptors < MOST_DESCRIPTORS, `${start.descriptors} descriptors became ${end.descriptors}`);
  assert.ok(slope(samples) < MOST_KIB, `${slope(samples)} KiB a cycle: ${JSON.stringify(samples)}`);
});
