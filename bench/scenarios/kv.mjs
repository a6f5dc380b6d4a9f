// KV operations a second: a deployment in its slot, a plain Deno outside, and wrk, which costs next to nothing itself; each
// against SQLite files of Deno and of npm's @deno/kv on the same disk. Every side runs each case in each round.
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { deployed } from '../../test/e2e/support/deploy.mjs';
import { createDatabase } from '../../test/e2e/support/kv-wire.mjs';
import { Server } from '../../test/e2e/support/server.mjs';
import { start, stop } from '../support/children.mjs';
import { cases } from '../support/kv-load.js';
import { median, round } from '../support/numbers.mjs';
import { wrkSide } from '../support/kv-wrk.mjs';

const PEER = 'deno local';
const TICKS = 100; // of a second, in /proc

export async function run({ quick, denoBin }) {
  const [rounds, milliseconds] = quick ? [1, 200] : [5, 1000];
  const directory = await mkdtemp(join(tmpdir(), 'islet-bench-kv-'));
  const server = await Server.start();
  const sides = {};
  try {
    const deno = ['run', '-A', '--unstable-kv', '--no-config', '--no-lock', '--no-prompt'];
    sides[PEER] = await processSide(denoBin, deno, join(directory, 'deno.db'));
    sides['@deno/kv, node'] = await processSide(process.execPath, [], join(directory, 'npm.db'));
    sides['islet, in its slot'] = await slotSide(server);
    const outside = await createDatabase(server);
    sides['islet, outside'] = await processSide(denoBin, deno, `${server.url}/databases/${outside}/connect`, { DENO_KV_ACCESS_TOKEN: server.token });
    sides['islet, wrk'] = await wrkSide(server, await createDatabase(server), directory);

    const results = Object.fromEntries(Object.keys(sides).map(side => [side, {}]));
    const names = Object.keys(sides);
    for (const name of cases) for (const side of names) await sides[side].run(name, 200); // warm-up
    for (let n = 0; n < rounds; n++)
      for (const name of cases)
        for (const side of n % 2 === 0 ? names : names.toReversed()) {
          const [before, began] = [await processorTime(server), performance.now()];
          const figures = await sides[side].run(name, milliseconds);
          const seconds = (performance.now() - began) / 1000;
          if (figures) (results[side][name] ??= []).push({ ...figures, server: (await processorTime(server) - before) / seconds });
        }
    const ratio = (side, name) => round(median(results[side][name].map((r, n) => r.rate / results[PEER][name][n].rate)));
    return {
      rows: cases.flatMap(name => names.filter(side => results[side][name]).map(side => ({
        case: name, side, 'per second': Math.round(median(results[side][name].map(r => r.rate))), [`/ ${PEER}`]: ratio(side, name),
        'client CPU': round(median(results[side][name].map(r => r.cpu))), 'server CPU': side.startsWith('islet') ? round(median(results[side][name].map(r => r.server))) : '',
      }))),
      samples: results,
    };
  } finally {
    for (const side of Object.values(sides)) await side.stop?.();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function processSide(command, words, path, env = {}) {
  const child = start(command, [...words, fileURLToPath(new URL('../support/kv-side.mjs', import.meta.url)), path], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const lines = createInterface({ input: child.stdout });
  const answer = async () => {
    const [line] = await Promise.race([once(lines, 'line'), child.ended.then(() => { throw new Error(`A side ended:\n${child.output}`); })]);
    return JSON.parse(line);
  };
  await answer();
  return {
    run(name, milliseconds) {
      child.stdin.write(JSON.stringify({ name, milliseconds }) + '\n');
      return answer();
    },
    stop: () => stop(child),
  };
}

async function slotSide(server) {
  const source = await readFile(new URL('../support/kv-load.js', import.meta.url), 'utf8');
  const main = `
    import { load, prepare } from './kv-load.js';
    const kv = await Deno.openKv();
    await prepare(kv);
    Deno.serve(async request => {
      const query = new URL(request.url).searchParams;
      return Response.json(await load(kv, query.get('name'), Number(query.get('milliseconds'))));
    });`;
  const app = await deployed(server, { 'main.ts': main, 'kv-load.js': source }, { databases: { default: await createDatabase(server) } });
  return {
    async run(name, milliseconds) {
      const answer = await app.visit(`/?name=${encodeURIComponent(name)}&milliseconds=${milliseconds}`);
      if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
      return JSON.parse(answer.text);
    },
  };
}

/** Seconds that the server's processes have had. */
async function processorTime(server) {
  let ticks = 0;
  for (const pid of await server.processes()) {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS;
}
