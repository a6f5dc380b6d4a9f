// The two processes of a server: the jailer with its rights, and the server below it with none. As root.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { release } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from './support/command.mjs';
import { deployed } from './support/deploy.mjs';
import { descends } from './support/leaks.mjs';
import { Server } from './support/server.mjs';

const skip = process.getuid() !== 0 && 'only root has rights to give away';
if (process.env.CI === 'true' && skip) throw new Error(skip);

let server, jailer, below;
before(async () => {
  if (skip) return;
  server = await Server.start();
  [jailer, below] = await server.processes();
});
after(() => server?.close());

const fields = async pid => Object.fromEntries((await readFile(`/proc/${pid}/status`, 'utf8')).split('\n').map(line => line.split(':\t')));
const [OTHER, FIFO, IDLE] = [0, 1, 5]; // sched(7)
const numberOf = (sched, name) => Number(new RegExp(`^${name} +: +(\\d+)$`, 'm').exec(sched)[1]);
// those that have not ended meanwhile
async function threads(pid) {
  const all = [];
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const sched = await readFile(`/proc/${pid}/task/${thread}/sched`, 'utf8').catch(() => null);
    const comm = await readFile(`/proc/${pid}/task/${thread}/comm`, 'utf8').catch(() => null);
    if (sched !== null && comm !== null) all.push({ comm: comm.trimEnd(), sched, policy: numberOf(sched, 'policy'), priority: numberOf(sched, 'prio') });
  }
  return all;
}

/** What a command says that runs as the server does: its user, none of its groups, no rights. */
function asServer(uid, ...command) {
  return spawnSync('setpriv', ['--reuid', uid, '--regid', uid, '--clear-groups', '--no-new-privs', '--bounding-set', '-all', ...command], { encoding: 'utf8' });
}

test('the server is another user without any capability and cannot get one', { skip }, async () => {
  assert.ok(below, 'the server is a process of its own');
  const status = await fields(below);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.equal(BigInt(`0x${status[set]}`), 0n, set);
  assert.equal(status.NoNewPrivs, '1');
  assert.ok(status.Uid.split('\t').every(uid => uid !== '0'), status.Uid);
  assert.equal((await fields(jailer)).Uid.split('\t')[0], '0');
});

test('it serves, and its user reads neither the jailer nor a slot', { skip }, async () => {
  const app = await deployed(server, { 'main.ts': 'Deno.serve(() => new Response("hello"));' });
  assert.equal((await app.visit()).text, 'hello');
  const uid = (await fields(below)).Uid.split('\t')[0];
  for (const file of [`/proc/${jailer}/mem`, `/proc/${jailer}/environ`, '/etc/shadow']) {
    const read = asServer(uid, 'head', '-c', '1', file);
    assert.notEqual(read.status, 0, file);
    assert.match(read.stderr, /Permission denied/);
  }
  assert.match(asServer(uid, 'kill', '-9', `${jailer}`).stderr, /not permitted/i);
});

const slices = skip || (/^([0-5]\.|6\.([0-9]|1[01])\.)/.test(release()) && 'Linux has slices of a process from 6.12 on');
test('isolates have short turns, the server long ones, and its relaying threads go first', { skip: slices }, async () => {
  const isolates = [];
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name)))
    if (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '') === 'deno\n' && await descends(Number(pid), jailer)) isolates.push(pid);
  assert.ok(isolates.length > 0);
  const priority = numberOf(await readFile('/proc/self/sched', 'utf8'), 'prio');
  for (const pid of isolates)
    for (const thread of await threads(pid)) assert.deepEqual([thread.policy, thread.priority], [OTHER, priority], thread.comm);
  // as soon as they have rested
  for (let tries = 20; ; tries--) {
    const turns = await Promise.all(isolates.map(async pid => numberOf((await threads(pid))[0].sched, 'se.slice')));
    if (turns.every(turn => turn === 500000)) break;
    assert.ok(tries > 0, turns.join(' '));
    await sleep(500);
  }

  // relays have rested here, so they are in real time; the compiler is last, or has its least share; nobody else is preferred
  const fits = ({ comm, policy, priority: its, sched }) =>
    comm === '.NET Sockets' || comm === 'islet-links' ? policy === FIFO
    : comm === '.NET Tiered Com' && policy === IDLE || policy === OTHER && its === priority && /^se\.slice +: +3000000$/m.test(sched);
  for (let tries = 10; ; tries--) {
    const wrong = (await threads(below)).filter(thread => !fits(thread));
    if (wrong.length === 0) break;
    assert.ok(tries > 0, JSON.stringify(wrong.map(thread => [thread.comm, thread.policy, thread.priority])));
    await sleep(500);
  }
  for (const name of ['.NET Sockets', 'islet-links']) assert.ok((await threads(below)).some(thread => thread.comm === name), name);
});

test('relaying threads that need much are in real time no more', { skip: slices }, async () => {
  const requests = 'GET / HTTP/1.1\r\nHost: nobody.localhost\r\n\r\n'.repeat(2000);
  const flood = Array.from({ length: 8 }, () => {
    const socket = connect(server.port, '127.0.0.1', function more() {
      while (socket.writable && socket.write(requests));
      socket.once('drain', more);
    });
    return socket.on('error', () => {}).resume();
  });
  try {
    for (let tries = 40; ; tries--) {
      if ((await threads(below)).some(thread => thread.comm === '.NET Sockets' && thread.policy === OTHER && thread.priority < 120)) break;
      assert.ok(tries > 0, 'they still go first');
      await sleep(250);
    }
  } finally {
    for (const socket of flood) socket.destroy();
  }
});

test('variables of .NET reach the server, and no other ones of the operator', { skip }, async () => {
  const environment = (await readFile(`/proc/${below}/environ`, 'utf8')).split('\0');
  for (const [name, value] of Object.entries(process.env).filter(([name]) => name.startsWith('DOTNET_')))
    assert.ok(environment.includes(`${name}=${value}`), name);
  assert.ok(environment.some(line => line.startsWith('DOTNET_GCgen0size=')));
  assert.ok(!environment.some(line => line.startsWith('ISLET_BIN=')));
});

test('what jails are made of is out of its hands', { skip }, async () => {
  for (const path of ['run/slots', 'run/boot', 'run/boot/seccomp.bpf']) assert.equal((await stat(join(server.dataDirectory, path))).uid, 0, path);
  for (const path of ['', 'run']) assert.ok((await stat(join(server.dataDirectory, path))).mode & 0o1000, `sticky: ${path}`);
  const uid = Number((await fields(below)).Uid.split('\t')[0]);
  for (const path of ['islet.db', 'keys', 'credentials.json']) {
    const { mode, uid: owner } = await stat(join(server.dataDirectory, path));
    assert.deepEqual([owner, mode & 0o077], [uid, 0], path);
  }
  assert.notEqual(await readlink(`/proc/${below}/ns/mnt`), await readlink('/proc/self/ns/mnt'));
});

test('a port that only root may have is bound before the rights go', { skip }, async () => {
  const low = await Server.start({ port: 617 });
  try {
    assert.equal(await (await fetch(`${low.url}/healthz`)).text(), 'ok');
    const app = await deployed(low, { 'main.ts': 'Deno.serve(() => new Response("low"));' });
    assert.equal((await app.visit()).text, 'low');

    const second = new Command(resolve(process.env.ISLET_BIN), ['serve', '--data', join(low.root, 'other'), '--listen', low.url]);
    assert.equal((await second.ended()).code, 4, second.output);
    assert.match(second.errors, /Another program listens on http:\/\/127.0.0.1:617/);
  } finally {
    await low.close();
  }
});
