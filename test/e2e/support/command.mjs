// A command in a process group of its own, as a terminal would start it: what it printed, how it ended.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 60_000;
const running = new Set();
process.on('exit', () => running.forEach(command => command.signalGroup('SIGKILL')));

export class Command {
  output = ''; // both streams, as they came
  errors = '';
  #child;
  #end;

  constructor(file, args, { cwd, env = {}, ...options } = {}) {
    this.#child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
    this.#child.stdout.on('data', data => { this.output += data; });
    this.#child.stderr.on('data', data => { this.output += data; this.errors += data; });
    running.add(this);
    this.#end = new Promise(done => {
      this.#child.once('close', (code, signal) => done({ code, signal })); // its streams too: nobody holds them any more
      this.#child.once('error', error => done({ code: null, signal: null, error }));
    }).finally(() => running.delete(this));
  }

  get pid() {
    return this.#child.pid;
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** As a terminal does it on Ctrl+C. */
  signalGroup(name) {
    try {
      process.kill(-this.pid, name);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error; // already gone
    }
  }

  /** Waits until a pattern was printed and gives the match. */
  async printed(pattern) {
    let end = null;
    this.#end.then(value => (end = value));
    for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline && end === null; await sleep(20)) {
      const match = pattern.exec(this.output);
      if (match) return match;
    }
    throw new Error(`${pattern} was not printed; end: ${JSON.stringify(end)}\n${this.output}`);
  }

  /** Waits for the end, and that nobody holds its streams. */
  async ended(limit = LIMIT_MS) {
    const end = await Promise.race([this.#end, sleep(limit, null, { ref: false })]);
    if (end === null) throw new Error(`It did not end within ${limit} ms.\n${this.output}`);
    return end;
  }

  /** For the end of a test file: what failed tests left. */
  static async endAll() {
    for (const command of [...running]) {
      command.signalGroup('SIGTERM');
      await Promise.race([command.#end, sleep(10_000, null, { ref: false })]);
      command.signalGroup('SIGKILL');
    }
  }
}
