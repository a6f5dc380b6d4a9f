// Isolates made and ended as fast as the public surface allows: a visit starts one, and the program or the server ends it.
import { setTimeout as sleep } from 'node:timers/promises';
import { client, deployed, finished } from './deploy.mjs';
import { settled } from './footprint.mjs';
import { visit } from './visit.mjs';

export const IDLE_SECONDS = 1;
const WARM_SLOTS = 2; // the server's default
const FORGIVEN_MS = 31_000; // a program that failed twice within less is started again more slowly: a cycle would be a wait
const IN_TURN = 40; // so many of each that end themselves, that they may rest
const LOOKS = 8; // a slot that is still booting changes what is held within two seconds
const EXACT = ['namespaces', 'mounts', 'cgroups', 'directories', 'processes', 'boundSockets'];

// Three ends: by itself, by an error that nobody catches, and for want of visitors.
// The answer leaves first: the end comes from a timer that the request starts.
const PROGRAM = `
  const ends: Record<string, () => void> = { exits: () => Deno.exit(0), throws: () => { throw new Error('on purpose'); }, idles() {} };
  Deno.serve(request => {
    if (new URL(request.url).pathname === '/end') setTimeout(ends[Deno.env.get('END')!], 1);
    return new Response('hello');
  });`;

/** Redeploys of one artifact, so that many deployments cost one build: `idling` that end for want of visitors, more of the others. */
export async function endingDeployments(server, idling) {
  const apps = [];
  const api = client(server);
  const first = await deployed(server, { 'main.ts': PROGRAM }, { envVars: { END: 'exits' } });
  for (const end of ['exits', 'throws', 'idles'])
    for (let n = 0; n < (end === 'idles' ? idling : IN_TURN); n++) {
      const made = await api.deployments.redeploy(first.id, { env_vars: { END: end } });
      apps.push({ ...await finished(server, first.project, made.id), end, restsUntil: 0 });
    }
  return apps;
}

/**
 * Visits until so many isolates were started for a visitor (the answer tells: `server-timing: cold`), two at a time.
 * `onCycles(count)` is called about every `every` of them, while nothing else goes on.
 */
export async function cycle(server, apps, count, every, onCycles) {
  let done = 0, next = 0, refused = 0;
  const inUse = new Set();
  while (done < count) {
    const until = Math.min(count, done + every);
    const worker = async () => {
      while (done < until) {
        const app = apps[next++ % apps.length];
        if (inUse.has(app) || performance.now() < app.restsUntil) {
          if (next % apps.length === 0) await sleep(10); // perhaps none is ready
          continue;
        }
        inUse.add(app);
        app.restsUntil = performance.now() + (app.end === 'idles' ? 2000 * IDLE_SECONDS : FORGIVEN_MS); // a visit would keep it alive
        const { status, headers } = await visit(server, app.host, app.end === 'idles' ? '/' : '/end');
        inUse.delete(app);
        // an isolate that ends by itself may take the visit that comes with its end along
        if (status !== 200) refused++;
        else if (/^cold|, *cold/.test(headers['server-timing'] ?? '')) done++;
        if (refused > count) throw new Error(`${refused} visits failed, the last with ${status}`);
      }
    };
    await Promise.all([worker(), worker()]);
    await onCycles?.(done);
  }
  return { done, refused };
}

/** What the server holds when whatever was visited has ended, and only the pool's slots are there: as often as looked at. */
export async function quiet(server) {
  let seen = '', times = 0;
  return settled(server, now => {
    const counts = JSON.stringify(EXACT.map(name => now[name]));
    times = now.directories === WARM_SLOTS && counts === seen ? times + 1 : 0;
    seen = counts;
    return times === LOOKS;
  });
}

/** The same at the end: waits until it is what it was in the beginning. `left` has the counts that are not. */
export async function quietAgain(server, before) {
  const left = now => Object.fromEntries(EXACT.filter(name => now[name] > before[name]).map(name => [name, now[name] - before[name]]));
  const after = await settled(server, now => Object.keys(left(now)).length === 0);
  return { after, left: left(after) };
}
