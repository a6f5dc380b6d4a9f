// The server under test: a published process on a free loopback port, with a data directory of its own.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chown, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyDatabase } from './postgres.mjs';
import { kernelObjects, waitForNoTraces } from './leaks.mjs';

const READY_LIMIT_MS = Number(process.env.ISLET_E2E_READY_SECONDS ?? 30) * 1000; // more on emulated machines
const STOP_LIMIT_MS = 40_000; // the server grants requests in flight 30 s

/** What the tests may ask of the server, in the server's own words. The only place that spells its options. */
function argumentsOf({ idleSeconds, memoryMiB, unsafeNoJail = false, shared, buildLeaseSeconds }) {
  return [
    ...shared === undefined ? [] : ['--shared', shared],
    ...buildLeaseSeconds === undefined ? [] : ['--build-lease', `${buildLeaseSeconds}s`],
    ...idleSeconds === undefined ? [] : ['--idle-timeout', `${idleSeconds}s`],
    ...memoryMiB === undefined ? [] : ['--memory-limit', `${memoryMiB}MB`],
    ...unsafeNoJail ? ['--unsafe-no-jail'] : [],
  ];
}

export class Server {
  #child;
  #exit;
  #objectsBefore;

  /**
   * Starts a server on an empty data directory and waits until it is ready. `idleSeconds`: isolates end sooner;
   * `launch`: words before the command, `executable`: another copy of it, `owner`: user id that owns the directory, `port`:
   * not any free one.
   * `database`: address of a PostgreSQL database that is not its own alone, with `shared`, a directory; the credentials are
   * then those of the node that `credentialsOf` names, and `mayLackCredentials` allows that there are none. ISLET_TEST_DATABASE=postgres gives every server such a database.
   */
  static async start(options = {}) {
    const server = new Server();
    server.options = options;
    // mkdtemp gives mode 0700: isolates run under other user ids and must not depend on walking down this path.
    server.root = await mkdtemp(join(tmpdir(), 'islet-e2e-'));
    server.mark = basename(server.root); // unique on this machine
    server.database = options.database ?? (process.env.ISLET_TEST_DATABASE === 'postgres' ? await emptyDatabase() : undefined);
    server.dataDirectory = join(server.root, 'data');
    if (options.owner !== undefined) await chown(server.root, options.owner, options.owner);
    server.#objectsBefore = await kernelObjects(server.dataDirectory);
    try {
      await server.boot();
    } catch (error) {
      await rm(server.root, { recursive: true, force: true });
      throw error;
    }
    return server;
  }

  /** Starts the process (again) on the same data directory, on a new port. */
  async boot() {
    this.port = this.options.port ?? await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    const logs = process.env.ISLET_E2E_LOGS ?? this.root;
    await mkdir(logs, { recursive: true });
    this.logPath = join(logs, `islet-${this.port}.log`);
    const executable = this.options.executable ?? resolve(process.env.ISLET_BIN ?? fail('Set ISLET_BIN to the published islet executable.'));
    const [command, ...words] = [...this.options.launch ?? [], executable];
    const child = spawn(
      command,
      [...words, 'serve', '--data', this.dataDirectory, '--listen', this.url, '--domain', 'localhost', ...argumentsOf(this.options)],
      // a host that no test asks: beside the npm registry nothing outside of this machine is to be reached
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ISLET_MODULE_HOSTS: 'modules.example', ...process.env, ...this.database && { ISLET_DATABASE: this.database }, ...this.options.env } });
    this.#child = child;
    this.#exit = new Promise(done => {
      child.once('exit', (code, signal) => done({ code, signal }));
      child.once('error', error => done({ code: null, signal: null, error }));
    });
    const log = createWriteStream(this.logPath);
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    killWithUs.add(child);
    this.#exit.then(() => killWithUs.delete(child));
    await this.#ready();
    // the first node of a database wrote them
    const of = this.options.credentialsOf ?? this;
    const credentials = await readFile(join(of.dataDirectory, 'credentials.json'), 'utf8').catch(missing => this.options.mayLackCredentials ? '{}' : Promise.reject(missing));
    Object.assign(this, JSON.parse(credentials));
    this.api = `${this.url}/v1`; // credentials.json keeps the port of the first start
  }

  get pid() {
    return this.#child.pid;
  }

  /** SIGTERM, then the exit. A server that does not go in time is killed and reported. */
  async stop() {
    this.#child.kill('SIGTERM');
    const end = await Promise.race([this.#exit, sleep(STOP_LIMIT_MS, null, { ref: false })]);
    if (end === null) {
      await this.kill();
      throw new Error(`The server ignored SIGTERM for ${STOP_LIMIT_MS} ms.\n${await this.logTail()}`);
    }
    return end;
  }

  /** kill -9: nothing in the server gets a chance to tidy up. */
  async kill() {
    this.#child.kill('SIGKILL');
    return this.#exit;
  }

  async restart() {
    await this.stop();
    await this.boot();
  }

  /** The end of a test file: a clean stop that leaves no process, mount, namespace or cgroup behind. */
  async close() {
    const end = await this.stop();
    if (end.code !== 0) throw new Error(`The server ended with ${JSON.stringify(end)}.\n${await this.logTail()}`);
    await this.expectNoTraces();
    await rm(this.root, { recursive: true, force: true });
  }

  async expectNoTraces() {
    await waitForNoTraces(this.mark, this.#objectsBefore, this.dataDirectory);
  }

  async logTail(lines = 40) {
    return (await readFile(this.logPath, 'utf8')).split('\n').slice(-lines).join('\n');
  }

  /** Resident memory of the server's processes in MiB: the jailer and, where there is one, the server below it. */
  async residentMiB() {
    let sum = 0;
    for (const pid of await this.processes()) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      sum += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]) / 1024;
    }
    return sum;
  }

  /** Process ids of the jailer and of the server below it; the same one twice is left out. */
  async processes() {
    const found = [this.pid];
    for (const thread of await readdir(`/proc/${this.pid}/task`))
      for (const child of (await readFile(`/proc/${this.pid}/task/${thread}/children`, 'utf8').catch(() => '')).split(' ').filter(Boolean))
        if ((await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')).includes('\0serve\0')) found.push(Number(child));
    return found;
  }

  async #ready() {
    const deadline = Date.now() + READY_LIMIT_MS;
    let ended = null;
    this.#exit.then(end => (ended = end));
    while (Date.now() < deadline && ended === null) {
      const answer = await fetch(`${this.url}/healthz`, { signal: AbortSignal.timeout(READY_LIMIT_MS) }).catch(() => null); // refused until it listens
      await answer?.arrayBuffer();
      if (answer?.status === 200) return;
      await sleep(25);
    }
    const why = ended === null ? `not ready after ${READY_LIMIT_MS} ms` : `ended: ${JSON.stringify(ended)} ${ended.error ?? ''}`;
    await this.kill();
    throw new Error(`The server is ${why}.\n${await this.logTail().catch(() => '')}`);
  }
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise(done => probe.once('listening', done));
  const { port } = probe.address();
  await new Promise(done => probe.close(done));
  return port;
}

const killWithUs = new Set();
process.on('exit', () => killWithUs.forEach(child => child.kill('SIGKILL')));
process.once('SIGTERM', () => process.exit(143)); // the runner's time limit

function fail(message) {
  throw new Error(message);
}
