// node attack.mjs waiting|calling|flooding PORT HOST: the visitors of an attacker, until killed.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [kind, port, host] = process.argv.slice(2);

/** Resolves at the end of the answer, or when there is none. */
const visit = () => new Promise(resolve => {
  const request = http.get({ host: '127.0.0.1', port, path: '/', agent: false, headers: { host } }, response => response.resume().once('close', resolve));
  request.once('error', resolve);
});

const kinds = {
  // two requests in flight at any time; what kills the isolate is followed by the next
  waiting: () => Promise.all([1, 2].map(() => forever(async () => { await visit(); await sleep(20); }))),
  // keeps it from idling
  calling: () => forever(async () => { await Promise.race([visit(), sleep(1_000)]); await sleep(200); }),
  // a hundred new connections at any time
  flooding: () => Promise.all(Array.from({ length: 100 }, () => forever(visit))),
};

async function forever(act) {
  for (;;) await act();
}

await kinds[kind]();
