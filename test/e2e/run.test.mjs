// ./run.sh as a newcomer uses it, and what the server says when a start cannot work.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { Command } from './support/command.mjs';
import { kernelObjects, waitForNoTraces } from './support/leaks.mjs';
import { freePort } from './support/server.mjs';

const RUN = resolve(import.meta.dirname, '../../run.sh');
const ISLET = resolve(process.env.ISLET_BIN);

let root, places, objects;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'islet-run-'));
  places = ['first', 'second', 'taken', 'shared'].map(name => join(root, name));
  objects = await kernelObjects(...places);
});
after(async () => {
  await Command.endAll();
  await waitForNoTraces(basename(root), objects, ...places);
  await rm(root, { recursive: true, force: true });
});

const PRINTED = /Try: {2}(curl .*)\n/;
const credentials = async data => JSON.parse(await readFile(join(data, 'credentials.json'), 'utf8'));

test('run.sh deploys the sample; a second time it keeps everything; the printed line works; Ctrl+C ends all', async () => {
  const data = join(root, 'first');
  const listen = `http://127.0.0.1:${await freePort()}`;
  const first = new Command(RUN, ['--data', data, '--listen', listen], { cwd: root });
  const [, curl] = await first.printed(PRINTED);
  const made = await credentials(data);
  assert.match(first.output, new RegExp(`Dashboard +${listen}/\n`));
  assert.match(first.output, new RegExp(`Organization +${made.organizationId}\n`));
  assert.equal(first.output.split(made.token).length, 2, 'the token is printed once');
  assert.match(first.output, /\n +Jail +\S/);
  assert.doesNotMatch(first.output, /npm warn/i);
  assert.equal((await stat(join(data, 'credentials.json'))).mode & 0o777, 0o600);
  const greeting = await pasted(curl);
  assert.match(greeting, /^Hello, world, from [a-z0-9]{12}!/);
  first.signalGroup('SIGINT');
  assert.deepEqual(await first.ended(), { code: 0, signal: null }, first.output);
  await waitForNoTraces(basename(root), objects, ...places);

  const second = new Command(RUN, [`--data=${data}`, `--listen=${listen}`], { cwd: root });
  const [, again] = await second.printed(PRINTED);
  assert.equal(again, curl);
  assert.deepEqual(await credentials(data), made);
  assert.ok(!second.output.includes(made.token), 'the token is printed at the first start only');
  assert.doesNotMatch(second.output, /Deploying/);
  assert.equal(await pasted(again), greeting); // the greeting has the deployment's id
  second.signal('SIGTERM');
  assert.deepEqual(await second.ended(), { code: 0, signal: null }, second.output);
  await waitForNoTraces(basename(root), objects, ...places);
});

test('run.sh takes variables, and islet.json of the working directory', async () => {
  const data = join(root, 'second');
  const directory = join(root, 'here');
  const listen = `http://127.0.0.1:${await freePort()}`;
  await mkdir(directory);
  await writeFile(join(directory, 'islet.json'), JSON.stringify({ listen, domain: 'nobody.example', warmSlots: 1, unsafeNoJail: false }));
  const run = new Command(RUN, [], { cwd: directory, env: { ISLET_DATA: data, ISLET_DOMAIN: 'islet.example' } });
  const [, curl] = await run.printed(PRINTED);
  assert.match(curl, /Host: hello\.islet\.example'/);
  assert.ok(curl.endsWith(` ${listen}/`), curl);
  assert.match(await pasted(curl), /^Hello, world/);
  run.signalGroup('SIGTERM');
  assert.deepEqual(await run.ended(), { code: 0, signal: null }, run.output);
});

test('a port that is taken: one line, nothing left', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise(done => other.once('listening', done));
  try {
    const listen = `http://127.0.0.1:${other.address().port}`;
    const run = new Command(RUN, ['--data', join(root, 'taken'), '--listen', listen], { cwd: root });
    assert.deepEqual(await run.ended(), { code: 4, signal: null }, run.output);
    assert.match(run.errors, /^islet: Another program listens on http:\/\/127\.0\.0\.1:\d+: stop it, .*\n$/);
    assert.doesNotMatch(run.output, / at .*\(|Exception/);
  } finally {
    other.close();
  }
  await waitForNoTraces(basename(root), objects, ...places);
});

test('a second server on the same data directory is refused, and the first goes on', async () => {
  const data = join(root, 'shared');
  const listen = `http://127.0.0.1:${await freePort()}`;
  const first = new Command(ISLET, ['serve', '--data', data, '--listen', listen], { cwd: root });
  await first.printed(/^ {2}Jail +\S.*\n/m);
  const second = new Command(ISLET, ['serve', '--data', data, '--listen', `http://127.0.0.1:${await freePort()}`], { cwd: root });
  assert.deepEqual(await second.ended(), { code: 4, signal: null }, second.output);
  assert.match(second.errors, /^islet: Another server runs on the data directory .*: stop it, .*\n$/);
  assert.equal((await fetch(`${listen}/healthz`)).status, 200);
  first.signal('SIGINT');
  assert.deepEqual(await first.ended(), { code: 0, signal: null }, first.output);
});

const refused = {
  'a data directory that is a file': { options: ['--data', '/dev/null'], code: 4, says: /The data directory \/dev\/null cannot be used/ },
  'a data directory that cannot be made': { options: ['--data', '/proc/islet'], code: 4, says: /The data directory \/proc\/islet cannot be used/ },
  'a data directory whose path is too long': { options: ['--data', `/tmp/${'x'.repeat(80)}`], code: 2, says: /path is too long .* at most \d+ bytes/ },
  'an address that is not of this machine': { options: ['--listen', 'http://192.0.2.1:8000'], code: 4, says: /http:\/\/192\.0\.2\.1:8000 cannot be listened on/ },
  'a listener that is no address': { options: ['--listen', '8000'], code: 2, says: /--listen is '8000': expected http:\/\/ADDRESS:PORT/ },
  'a number that is none': { options: ['--warm-slots', 'many'], code: 2, says: /--warm-slots is 'many': expected a whole number from 0 to 100/ },
  'a size out of range': { options: ['--memory-limit', '1MB'], code: 2, says: /--memory-limit is '1MB': expected a size/ },
  'a duration that is none': { options: ['--idle-timeout=soon'], code: 2, says: /--idle-timeout is 'soon': expected a duration/ },
  'a region nobody knows': { options: ['--region', 'moon'], code: 2, says: /--region is 'moon': expected one of gcp-/ },
  'a domain that is none': { options: ['--domain', 'a b'], code: 2, says: /--domain is 'a b': expected a host name/ },
  'a variable that cannot be used': { env: { ISLET_MAX_ISOLATES: '-1' }, code: 2, says: /ISLET_MAX_ISOLATES is '-1'/ },
  'a Deno that is not there': { options: ['--deno', '/no/deno'], code: 2, says: /'\/no\/deno'.*no such file/ },
  'no jail for the network to see': { options: ['--unsafe-no-jail', '--listen', 'http://0.0.0.0:8000'], code: 2, says: /--unsafe-no-jail works on a loopback address only/ },
  'islet.json with a member nobody knows': { file: '{"lisen":"http://127.0.0.1:8000"}', code: 2, says: /islet\.json: there is no setting 'lisen'/ },
  'islet.json with a value of the wrong kind': { file: '{"data":{}}', code: 2, says: /islet\.json: 'data' must be a text/ },
  'islet.json with a value that cannot be used': { file: '{"warmSlots":1000}', code: 2, says: /warmSlots of islet\.json is '1000'/ },
  'islet.json that is not JSON': { file: '{', code: 2, says: /islet\.json: / },
};

for (const [name, { options = [], env, file, code, says }] of Object.entries(refused))
  test(`refused in one line: ${name}`, async () => {
    const directory = await mkdtemp(join(root, 'r'));
    if (file) await writeFile(join(directory, 'islet.json'), file);
    const command = new Command(ISLET, ['serve', ...options], { cwd: directory, env: { ISLET_DATA: join(directory, 'd'), ...env } });
    assert.deepEqual(await command.ended(), { code, signal: null }, command.output);
    assert.match(command.errors, says);
    assert.match(command.errors, /^islet: .*\n$/);
  });

test('an option nobody knows is refused, and help lists all', async () => {
  const wrong = new Command(ISLET, ['serve', '--lisen', 'x'], { cwd: root });
  assert.notEqual((await wrong.ended()).code, 0);
  assert.match(wrong.errors, /--lisen/);
  const help = new Command(ISLET, ['serve', '--help'], { cwd: root });
  assert.equal((await help.ended()).code, 0);
  for (const option of ['--data', '--listen', '--domain', '--unsafe-no-jail', '--module-hosts', 'ISLET_IDLE_TIMEOUT']) assert.ok(help.output.includes(option), option);
});

async function pasted(line) {
  const shell = new Command('/bin/sh', ['-c', `${line.replace(/^curl /, 'curl -sS --max-time 10 ')}`], { cwd: root });
  assert.equal((await shell.ended()).code, 0, shell.output);
  return shell.output;
}
