// Who uses the processors: what is measured here, or anything else on this machine.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kernelObjects } from '../../test/e2e/support/leaks.mjs';

const TICKS = 100; // of /proc, a second
const STILL = 0.05; // cores
const SETTLED_MS = 500;
const SETTLED_LIMIT_MS = 30_000;

/** The server's processes, its slots, and this process with those it names. */
export class Usage {
  #server;
  #groups;

  static async of(server) {
    const usage = new Usage();
    usage.#server = await server.processes();
    usage.#groups = [...await kernelObjects(server.dataDirectory)].filter(path => /\/islet-[0-9a-f]+$/.test(path));
    return usage;
  }

  /** What `act` gives, with `others`: cores in use meanwhile by none of ours. */
  async around(act, ...more) {
    const pids = [process.pid, ...this.#server, ...more];
    const [busy, own, began] = [await machine(), await this.#own(pids), performance.now()];
    const given = await act();
    const seconds = (performance.now() - began) / 1000;
    return { ...given, others: Math.max(0, (await machine() - busy - (await this.#own(pids) - own)) / seconds) };
  }

  /** Resolves when the server and its slots do nothing: what was begun has ended, and not only its visitors have gone. */
  async settled() {
    for (const limit = performance.now() + SETTLED_LIMIT_MS; performance.now() < limit;) {
      const [used, began] = [await this.#own(this.#server), performance.now()];
      await sleep(SETTLED_MS);
      if ((await this.#own(this.#server) - used) / ((performance.now() - began) / 1000) < STILL) return;
    }
    throw new Error('the server does not come to rest');
  }

  async #own(pids) {
    const used = await Promise.all([...pids.map(ofProcess), ...this.#groups.map(ofGroup)]);
    return used.reduce((sum, one) => sum + one, 0);
  }
}

async function machine() {
  const [user, nice, system, , , irq, softirq, steal] = (await readFile('/proc/stat', 'utf8')).split('\n')[0].split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS;
}

async function ofProcess(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = text.slice(text.lastIndexOf(')') + 2).split(' ').slice(11, 13).map(Number);
  return (user + system) / TICKS;
}

/** Of all that ever ran in it: version 1 has one hierarchy that counts, version 2 a line. */
async function ofGroup(path) {
  const bare = await readFile(join(path, 'cpuacct.usage'), 'utf8').catch(() => '');
  if (bare !== '') return path.includes('/cpuacct/') ? Number(bare) / 1e9 : 0;
  return Number(/^usage_usec (\d+)$/m.exec(await readFile(join(path, 'cpu.stat'), 'utf8').catch(() => ''))?.[1] ?? 0) / 1e6;
}
