// A world for a server that reaches an outside: three network namespaces joined to each other and to nothing else. In
// "internet" is what every program may reach, in "private" what none may although the server could. As root.
import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issue } from './authority.mjs';
import { freePort, Server } from './server.mjs';

export const PUBLIC = '93.184.216.34';
export const PUBLIC_TOO = '93.184.216.35';
export const PUBLIC_6 = '2606:2800:220:1::34';
const RESOLVER = '93.184.216.53';

/** The names of internet: the first three tell the truth, the others lead inside. */
export const ZONE = {
  'v4.example': [PUBLIC],
  'v6.example': [PUBLIC_6],
  'other.example': [PUBLIC_TOO],
  'private.example': ['10.7.0.2'],
  'private6.example': ['fd00:7::2'],
  'mapped.example': ['::ffff:10.7.0.2'],
  'metadata.example': ['169.254.169.254'],
  'both.example': ['10.7.0.2', 'fd00:7::2'],
};

export class World {
  #prefix = `outside-${process.pid}`; // not "islet…", which other tests take for something left behind
  #children = [];
  #listener;

  static async make() {
    const world = new World();
    try {
      await world.#make();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** A server in its namespace. The test reaches it as any other; nothing else of this machine does. */
  async serve(options = {}) {
    const port = await freePort();
    const path = join(this.directory, `${port}.sock`);
    await this.#start('server', 'door.mjs', [path, port]);
    this.#listener = net.createServer({ allowHalfOpen: true }, outer => {
      const inner = net.connect({ path, allowHalfOpen: true });
      outer.pipe(inner).pipe(outer);
      outer.on('error', () => inner.destroy()).on('close', () => inner.destroy());
      inner.on('error', () => outer.destroy()).on('close', () => outer.destroy());
    });
    await new Promise(done => this.#listener.listen(port, '127.0.0.1', done));
    return Server.start({
      ...options, port, launch: this.within('server'),
      env: { ISLET_DNS_SERVERS: RESOLVER, ISLET_UPSTREAM_CA_FILE: join(this.directory, 'ca.pem'), ...options.env },
    });
  }

  /** Words before a command that put it into one of the namespaces. */
  within(place) {
    return ['nsenter', `--net=/run/netns/${this.#prefix}-${place}`];
  }

  async close() {
    this.#listener?.close();
    for (const child of this.#children) child.kill('SIGKILL');
    this.#remove();
    if (this.directory) await rm(this.directory, { recursive: true, force: true });
  }

  async #make() {
    process.on('exit', () => this.#remove());
    this.directory = await mkdtemp(join(tmpdir(), 'outside-'));
    await chmod(this.directory, 0o755); // the server reads the authority as another user
    const { ca, cert, key } = issue([...Object.keys(ZONE), PUBLIC, PUBLIC_6]);
    this.ca = ca;
    await writeFile(join(this.directory, 'ca.pem'), ca);

    const [server, internet, inside] = ['server', 'internet', 'private'].map(place => `${this.#prefix}-${place}`);
    ip([], `
      netns add ${server}
      netns add ${internet}
      netns add ${inside}
      link add to-internet netns ${server} type veth peer name eth0 netns ${internet}
      link add to-private netns ${server} type veth peer name eth0 netns ${inside}`);
    ip(['-n', server], `
      addr add 93.184.216.1/24 dev to-internet
      addr add 2606:2800:220:1::1/64 dev to-internet nodad
      addr add 10.7.0.1/24 dev to-private
      addr add fd00:7::1/64 dev to-private nodad
      link set lo up
      link set to-internet up
      link set to-private up
      route add 169.254.169.254/32 dev to-private
      route add 2001:500:2::/48 via ${PUBLIC_6}`); // by this the server knows that there is IPv6
    ip(['-n', internet], `
      addr add ${PUBLIC}/24 dev eth0
      addr add ${PUBLIC_TOO}/24 dev eth0
      addr add ${RESOLVER}/24 dev eth0
      addr add ${PUBLIC_6}/64 dev eth0 nodad
      link set lo up
      link set eth0 up`);
    ip(['-n', inside], `
      addr add 10.7.0.2/24 dev eth0
      addr add 169.254.169.254/32 dev eth0
      addr add fd00:7::2/64 dev eth0 nodad
      link set lo up
      link set eth0 up`);

    this.internet = await this.#start('internet', 'place.mjs', [], { word: 'public', cert, key, zone: ZONE, resolver: RESOLVER });
    this.private = await this.#start('private', 'place.mjs', [], { word: 'private', cert, key });
  }

  /** Starts a program of this directory in a namespace. What it tells is kept: { requests, reached, asked }. */
  async #start(place, file, words, message) {
    const told = { requests: [], reached: [], asked: [] };
    const [command, ...before] = [...this.within(place), process.execPath, join(import.meta.dirname, file), ...words];
    const child = spawn(command, before, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#children.push(child);
    const ready = new Promise((done, failed) => {
      child.once('exit', code => failed(new Error(`${file} ended with ${code}`)));
      child.on('message', ({ ready, request, reached, asked }) => {
        if (ready) done();
        if (request) told.requests.push(request);
        if (reached) told.reached.push(reached);
        if (asked) told.asked.push(asked);
      });
    });
    if (message) child.send(message);
    await ready;
    return told;
  }

  #remove() {
    for (const place of ['server', 'internet', 'private']) spawnSync('ip', ['netns', 'del', `${this.#prefix}-${place}`]);
  }
}

function ip(words, lines) {
  const { status, stderr } = spawnSync('ip', [...words, '-batch', '-'], { input: `${lines.trim()}\n`, encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip: ${stderr}`);
}
