// What the KV scenario does to a database: the same file in plain Deno, in node and in a deployment.
import process from 'node:process';

export const cases = ['set', 'set ×64', 'get', 'get ×64', 'get+check+2 sets', 'get+check+2 sets ×64', 'list 100'];

const KEYS = 1000;
const LISTED = 100;

const value = n => ({ n, name: 'a value of seventy bytes or so', flags: [true, false] });
const random = () => Math.floor(Math.random() * KEYS);

const steps = {
  set: kv => kv.set(['k', random()], value(1)),
  get: async kv => { if ((await kv.get(['k', random()])).value === null) throw new Error('nothing there'); },
  'get+check+2 sets': async (kv, worker) => {
    const entry = await kv.get(['tx', worker, 'a']);
    const { ok } = await kv.atomic().check(entry).set(['tx', worker, 'a'], value(2)).set(['tx', worker, 'b'], value(3)).commit();
    if (!ok) throw new Error('nobody else writes this key');
  },
  'list 100': async kv => {
    let count = 0;
    for await (const _ of kv.list({ prefix: ['list'] }, { limit: LISTED, batchSize: LISTED })) count++;
    if (count !== LISTED) throw new Error(`${count} listed`);
  },
};

export async function prepare(kv) {
  for (const [prefix, count] of [['k', KEYS], ['list', LISTED]])
    for (let n = 0; n < count; n += 100) {
      const write = kv.atomic();
      for (let m = n; m < n + 100; m++) write.set([prefix, m], value(m));
      await write.commit();
    }
}

/** Runs a case for so long; gives operations and the processor's share of this process, per second. */
export async function load(kv, name, milliseconds) {
  const [step, workers = '1'] = name.split(' ×');
  const before = process.cpuUsage();
  const began = performance.now();
  let operations = 0;
  await Promise.all(Array.from({ length: Number(workers) }, async (_, worker) => {
    while (performance.now() - began < milliseconds) {
      await steps[step](kv, worker);
      operations++;
    }
  }));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { rate: operations / seconds, cpu: (user + system) / 1e6 / seconds };
}
