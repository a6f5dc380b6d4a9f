// `islet selftest --attack` of the published server, as root: all attacks against all walls, then with walls left out. And
// that the test can fail. How late the victim answers is not judged here: other tests run beside it (`./bench.sh neighbours`).
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { after, test } from 'node:test';
import { Command } from './support/command.mjs';
import { freePort } from './support/server.mjs';

const ISLET = resolve(process.env.ISLET_BIN);
const LIMIT_MS = 420_000;
const root = { timeout: LIMIT_MS, skip: process.getuid() !== 0 && 'makes network namespaces: needs root' };

// What a build does not have, and so cannot be judged by.
const LACKS = [];

after(() => Command.endAll());

test('every attack meets a wall', root, async () => {
  const run = await selftest();

  assert.deepEqual(run.named('ESCAPED'), [], run.told);
  assert.deepEqual(run.named('FAILED'), [], run.told);
  assert.deepEqual(run.sums.problems, [], run.told);
  assert.ok(run.sums.attacks >= 60);
  assert.equal(run.sums.controlsBroken, 0);
  assert.ok(run.named('held').includes('answers'));
  assert.equal(run.code, 0);
});

// What holds without two walls holds without each of them, and without all permissions there are none for the network.
for (const walls of [['deno-permissions'], ['seccomp', 'deno-net']])
  test(`the others hold without ${walls.join(' and ')}`, root, async () => {
    const run = await selftest(...walls.flatMap(wall => ['--without', wall]));

    assert.deepEqual(run.named('ESCAPED'), [], run.told);
    assert.deepEqual(run.named('FAILED'), [], run.told);
    assert.deepEqual(run.sums.problems, [], run.told);
    assert.equal(run.code, 0);
  });

test('attacks succeed where two walls are missing, or all', root, async () => {
  const inside = ['fork', 'shared-memory', 'spawn-command', 'trace-others'];
  const two = await selftest('--without', 'deno-permissions', '--without', 'seccomp', ...only('sandbox', inside));
  assert.deepEqual(two.named('ESCAPED').sort(), inside);
  assert.equal(two.code, 1);

  const outside = ['loopback-spellings', 'metadata', 'other-dns', 'private-addresses', 'rebinding', 'redirects', 'udp'];
  const none = await selftest('--unsafe-no-jail', ...only('network', outside), ...only('sandbox', ['read-outside']));
  assert.ok(none.named('held').includes('public-v6'), 'a public host is reached'); // else nothing private would be either
  assert.deepEqual(none.named('ESCAPED').sort(), [...outside, 'read-outside'].sort());
  assert.match(none.detail('private-addresses'), /reached: private/); // seen by the canary, not only told by the program
});

test('Ctrl+C removes its world; bad usage says so', root, async () => {
  const run = new Command(ISLET, ['selftest', '--attack', ...lacks()]);
  await run.printed(/all walls/);
  run.signalGroup('SIGINT');
  assert.equal((await run.ended()).code, 1);
  await nothingOf(run.pid);

  for (const words of [[], ['--attack', '--only', 'nothing/*'], ['--attack', '--json=perhaps']]) {
    const bad = new Command(ISLET, ['selftest', ...words]);
    assert.equal((await bad.ended()).code, 2, bad.output);
  }
});

test('walls are not left out where others reach the server', async () => {
  const unknown = new Command(ISLET, ['serve', '--without-walls', 'roof']);
  assert.equal((await unknown.ended()).code, 2);
  assert.match(unknown.errors, /expected some of deno-net, deno-permissions, seccomp/);

  const routes = await readFile('/proc/net/route', 'utf8');
  if (!/^\w+\t00000000\t/m.test(routes)) return; // nobody can reach this machine either
  const open = new Command(ISLET, ['serve', '--without-walls', 'seccomp', '--listen', `http://0.0.0.0:${await freePort()}`]);
  assert.equal((await open.ended()).code, 2);
});

async function selftest(...words) {
  const command = new Command(ISLET, ['selftest', '--attack', '--unmeasured', '--json', ...words.includes('--unsafe-no-jail') ? [] : lacks(), ...words]);
  const { code } = await command.ended(LIMIT_MS);
  const lines = command.output.split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line));
  const sums = lines.pop();
  assert.ok(sums && 'escaped' in sums, command.output);
  await nothingOf(command.pid);
  return {
    sums,
    told: lines.filter(line => line.verdict !== 'held').map(line => JSON.stringify(line)).join('\n'),
    code,
    named: verdict => lines.filter(line => line.verdict === verdict).map(line => line.attack),
    detail: name => lines.find(line => line.attack === name)?.detail,
  };
}

function only(group, names) {
  return names.flatMap(name => ['--only', `${group}/${name}`]);
}

function lacks() {
  return LACKS.flatMap(what => ['--lacks', what]);
}

async function nothingOf(pid) {
  const namespaces = await readdir('/run/netns').catch(() => []);
  assert.deepEqual(namespaces.filter(name => name.startsWith(`islet-st-${pid}-`)), []);
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  assert.ok(!mounts.includes('islet-st-'), 'a mount is left');
}
