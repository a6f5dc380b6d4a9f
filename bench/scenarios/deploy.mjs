// From the create call to the first 200 of the deployment, the build log as the wait between.
import { visit } from '../../test/e2e/support/visit.mjs';
import { Server } from '../../test/e2e/support/server.mjs';
import { deployHello } from '../support/hello.mjs';
import { median, percentile, round } from '../support/numbers.mjs';

export async function run({ quick }) {
  const count = quick ? 3 : 30;
  const server = await Server.start();
  try {
    const { project } = await deployHello(server); // the first build warms caches of the machine
    const built = [], serving = [];
    for (let n = 0; n < count; n++) {
      const began = performance.now();
      const app = await deployHello(server, { project });
      built.push(performance.now() - began);
      const { status, text } = await visit(server, app.host);
      serving.push(performance.now() - began);
      if (status !== 200) throw new Error(`${status}: ${text}`);
    }
    const row = (name, values) => ({ name, count, 'p50 ms': round(median(values), 1), 'p99 ms': round(percentile(values, 99), 1), 'min ms': round(Math.min(...values), 1) });
    return { rows: [row('create to success', built), row('create to first 200', serving)], samples: serving.map(v => round(v, 1)) };
  } finally {
    await server.close();
  }
}
