// The three levels of the jail: chosen by what the machine allows, told in the banner, and each carries the same programs.
import assert from 'node:assert/strict';
import { access, chmod, chown, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from './support/command.mjs';
import { client, deployed, finished, program } from './support/deploy.mjs';
import { descends, kernelObjects, tracesInProcesses, waitForNoTraces } from './support/leaks.mjs';
import { eventually } from './support/logs.mjs';
import { freePort, Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';

const TOP = resolve(import.meta.dirname, '../..');
const OTHER_USER = 20_001;
const MEMORY_MIB = 192;
const JAIL = /^ {2}Jail +(.+)$/m;

const isRoot = process.getuid() === 0;
const bwrap = await firstOf(['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap']);
if (process.env.CI === 'true' && (!isRoot || !bwrap)) throw new Error('The levels of the jail are tested as root and with bubblewrap: on CI they must be.');
const skip = !isRoot ? 'only root can take another user id or hide a program' : !bwrap ? 'bubblewrap is not installed' : false;

/** Words before a command that hide bubblewrap from it, in a mount namespace of its own. */
const withoutBubblewrap = ['unshare', '--mount', '/bin/sh', '-c', 'mount --bind /dev/null "$0" && exec "$@"', bwrap];

const ROUNDS = 3;

let root, objects, server;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'islet-levels-'));
  objects = await kernelObjects(root);
});
afterEach(async () => {
  if (!server) return; // only after a failed test
  await server.kill();
  await rm(server.root, { recursive: true, force: true });
  server = undefined;
});
after(async () => {
  await Command.endAll();
  await rm(root, { recursive: true, force: true });
});

const PROGRAM = {
  'main.ts': `
    import ms from 'npm:ms@2.1.3';
    import { greet } from './greet.ts';
    const pieces: Uint8Array[] = [];
    const text = await Deno.readTextFile('note.txt');
    Deno.serve(request => {
      if (new URL(request.url).pathname === '/eat') for (;;) pieces.push(new Uint8Array(4 << 20).fill(1));
      return new Response([greet(text), ms('2 days'), Deno.env.get('NAME')].join(' '));
    });`,
  'greet.ts': 'export const greet = (name: string) => `Hello ${name}`;',
  'note.txt': 'note',
};
const ANSWER = 'Hello note 172800000 given';

/** What every level must carry: files and npm, the memory limit, a redeploy, a kill and a restart, a stop that leaves nothing. */
async function carries() {
  const app = await deployed(server, PROGRAM, { envVars: { NAME: 'given' } });
  assert.equal((await app.visit()).text, ANSWER);

  const eaten = await app.visit('/eat', { limit: 60_000 });
  assert.equal(eaten.status, 502, eaten.text);
  assert.match(eaten.text, /MEMORY_LIMIT/);
  assert.equal((await app.visit()).text, ANSWER);

  const again = await finished(server, app.project, (await client(server).deployments.redeploy(app.id, {})).id);
  assert.equal((await again.visit()).text, ANSWER);

  await server.kill();
  await eventually(async () => (await tracesInProcesses(server.mark)).length === 0); // programs die with the server
  await server.boot();
  assert.deepEqual([(await app.visit()).text, (await again.visit()).text], [ANSWER, ANSWER]);
}

async function closed() {
  await server.close();
  server = undefined;
}

test('root: the full jail', { skip }, async () => {
  server = await Server.start({ memoryMiB: MEMORY_MIB });
  assert.match(await jailLine(), /^full jail: own user per slot, namespaces, system call filter/);
  await carries();
  await closed();
});

test('another user: the jail of a user namespace, which --unsafe-no-jail does not take away', { skip }, async () => {
  const executable = await copiedFor(OTHER_USER);
  server = await Server.start({
    memoryMiB: MEMORY_MIB, unsafeNoJail: true, owner: OTHER_USER, executable,
    launch: asOtherUser(),
    env: { ISLET_DENO: join(dirname(executable), 'deno'), HOME: '/nonexistent' },
  });
  assert.match(await jailLine(), /^user namespaces without root, (soft memory limit|cgroup limits)/);
  const credentials = await stat(join(server.dataDirectory, 'credentials.json'));
  assert.deepEqual([credentials.mode & 0o777, credentials.uid], [0o600, OTHER_USER]);
  await carries();
  const walls = await program(server, `
    const peek = async (path: string) => { try { return await Deno.readTextFile(path); } catch (error) { return (error as Error).name; } };
    Deno.serve(async () => Response.json([await peek('/etc/passwd'), await peek('${server.dataDirectory}/credentials.json'),
      await fetch('http://127.0.0.1:${server.port}/healthz').then(a => a.status, error => error.name)]));`);
  for (const seen of (await walls.visit()).json()) assert.match(String(seen), /^(NotFound|NotCapable|PermissionDenied|TypeError)$/);
  await closed();
});

for (const [who, launch] of [['root', []], ['another user', asOtherUser()]])
  test(`${who}: a server that is killed while its first slots start leaves none of them`, { skip }, async () => {
    const directory = join(root, `for-${OTHER_USER}`);
    const executable = who === 'root' ? resolve(process.env.ISLET_BIN) : join(directory, 'islet'); // copied by the test above
    const places = Array.from({ length: ROUNDS }, (_, round) => join(root, `killed-${who.length}-${round}`));
    for (const [round, data] of places.entries()) {
      await mkdir(data, { mode: 0o700 });
      if (who !== 'root') await chown(data, OTHER_USER, OTHER_USER);
      const words = [...launch, executable, 'serve', '--data', data, '--listen', `http://127.0.0.1:${await freePort()}`];
      const command = new Command(words[0], words.slice(1), who === 'root' ? {} : { env: { ISLET_DENO: join(directory, 'deno'), HOME: '/nonexistent' } });
      await eventually(async () => (await jailsBelow(command.pid)) >= 2, 30_000, 2); // one at a time is a trial
      await sleep(round * 10);
      command.signal('SIGKILL');
      await command.ended();
      await eventually(async () => (await tracesInProcesses(basename(data))).length === 0);
    }
    for (const left of [...await kernelObjects(...places)].filter(path => !objects.has(path)).sort().reverse()) await rmdir(left); // of the next server with that data to remove: they are empty
  });

test('no jail can be made: the server refuses, and says what to do', { skip }, async () => {
  const command = hidden([process.env.ISLET_BIN, 'serve', '--data', join(root, 'refused'), '--listen', `http://127.0.0.1:${await freePort()}`]);
  assert.deepEqual(await command.ended(), { code: 3, signal: null }, command.output);
  assert.match(command.errors, /^islet: No jail can be made on this machine.* Install bubblewrap .* --unsafe-no-jail/m);
  assert.doesNotMatch(command.output, /^ {3}at /m);
  await waitForNoTraces(basename(root), objects, join(root, 'refused'));
});

test('--unsafe-no-jail: a loud warning, and the programs work', { skip }, async () => {
  server = await Server.start({ memoryMiB: MEMORY_MIB, launch: withoutBubblewrap, unsafeNoJail: true });
  assert.match(await jailLine(), /^NO JAIL: /);
  assert.match(await log(), /^WARNING {2}PROGRAMS RUN WITHOUT A JAIL/m);
  await carries();
  await closed();
});

test('run.sh falls back to no jail, with the warning, and its sample answers', { skip }, async () => {
  const [data, port] = [join(root, 'fallback'), await freePort()];
  const run = hidden([join(TOP, 'run.sh'), '--data', data, '--listen', `http://127.0.0.1:${port}`]);
  const [, host] = await run.printed(/Try: {2}curl -H 'Host: (\S+)'/);
  assert.match(run.output, /^run: no jail can be made here; starting WITHOUT one/m);
  assert.match(run.output, /^WARNING {2}PROGRAMS RUN WITHOUT A JAIL/m);
  assert.match(run.output, /^ {2}Token +isl_/m); // of the start that failed: it was not shown yet
  const answer = await visit({ port }, host);
  assert.match(answer.text, /^Hello, world/);
  run.signalGroup('SIGINT');
  assert.deepEqual(await run.ended(), { code: 0, signal: null }, run.output);
  await waitForNoTraces(basename(root), objects, data);
});

function asOtherUser() {
  return ['setpriv', '--reuid', `${OTHER_USER}`, '--regid', `${OTHER_USER}`, '--clear-groups'];
}

async function jailsBelow(ancestor) {
  let count = 0;
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name)))
    if (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '') === 'bwrap\n' && await descends(Number(pid), ancestor)) count++;
  return count;
}

function hidden(words) {
  return new Command(withoutBubblewrap[0], [...withoutBubblewrap.slice(1), ...words], { cwd: root });
}

async function log() {
  return readFile(server.logPath, 'utf8');
}

async function jailLine() {
  return JAIL.exec(await log())?.[1] ?? `no such line in:\n${await log()}`;
}

/** The published folder and Deno where that user can read them: the tree itself may lie below a directory of mode 0700. */
async function copiedFor(user) {
  const to = join(root, `for-${user}`);
  await chmod(root, 0o755);
  await mkdir(to);
  await cp(dirname(resolve(process.env.ISLET_BIN)), to, { recursive: true });
  await copyFile(process.env.ISLET_DENO ?? join(TOP, '.tools/deno'), join(to, 'deno'));
  for (const entry of [to, ...(await readdir(to, { recursive: true })).map(name => join(to, name))]) await chmod(entry, 0o755);
  return join(to, 'islet');
}

async function firstOf(paths) {
  for (const path of paths)
    if (await access(path).then(() => true, () => false)) return path;
  return undefined;
}
