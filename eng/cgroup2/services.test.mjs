// Inside the machine of eng/cgroup2.sh: the unit of docs/systemd.md as it stands there, as root and as another user; and a
// server that shares its group with who started it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { access, appendFile, copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deployed } from '../../test/e2e/support/deploy.mjs';
import { Server } from '../../test/e2e/support/server.mjs';

const UNITS = '/run/systemd/system';
const GROUP = '/sys/fs/cgroup/system.slice/islet.service';
const DATA = '/var/lib/islet';
const PROGRAM = `
  const kept: Uint8Array[] = [];
  Deno.serve(async request => {
    const path = new URL(request.url).pathname;
    if (path === '/eat') for (;;) kept.push(new Uint8Array(4 << 20).fill(1));
    if (path === '/slow') await new Promise(done => setTimeout(done, 4000));
    return new Response('hello');
  });`;
const systemctl = (...words) => execFileSync('systemctl', words, { encoding: 'utf8' }).trim();

before(async () => {
  await mkdir('/opt/islet', { recursive: true });
  await cp(dirname(process.env.ISLET_BIN), '/opt/islet', { recursive: true });
  await copyFile('.tools/deno', '/opt/islet/deno');
  execFileSync('chmod', ['-R', 'a+rX', '/opt/islet']);
  await appendFile('/etc/passwd', 'islet:x:20001:20001::/:/usr/sbin/nologin\n');
  await appendFile('/etc/group', 'islet:x:20001:\n');
});

for (const [user, level] of [['root', 'full jail'], ['islet', 'user namespaces without root']])
  test(`a unit with Delegate=yes, as ${user}`, async () => {
    const unit = /```ini\n(.*?)```/s.exec(await readFile('docs/systemd.md', 'utf8'))[1];
    await writeFile(`${UNITS}/islet.service`, unit);
    await mkdir(`${UNITS}/islet.service.d`, { recursive: true });
    // this machine has no network and has not come up whole
    await writeFile(`${UNITS}/islet.service.d/trial.conf`, `[Unit]\nDefaultDependencies=no\nWants=\nAfter=\n[Service]\nUser=${user}\n`
      + `Environment=DOTNET_ROOT=${process.env.DOTNET_ROOT} ISLET_MEMORY_LIMIT=192MB ISLET_LISTEN=http://127.0.0.1:8000 ISLET_BOOT_TIME_LIMIT=60s\nStandardOutput=file:/trial/service-${user}.log\nStandardError=inherit\n`);
    execFileSync('rm', ['-rf', DATA]);
    systemctl('daemon-reload');
    systemctl('start', 'islet.service');
    try {
      const server = await ready();
      assert.match(await readFile(`/trial/service-${user}.log`, 'utf8'), new RegExp(`^ {2}Jail +${level}.*, cgroup limits$`, 'm'));
      assert.match(await readFile(`/proc/${systemctl('show', '-P', 'MainPID', 'islet.service')}/cgroup`, 'utf8'), /\/islet\.service\/islet-server$/m);

      const app = await deployed(server, { 'main.ts': PROGRAM });
      assert.equal((await app.visit('/', { limit: 120_000 })).text, 'hello');
      const jails = (await readdir(GROUP)).find(name => /^islet-[0-9a-f]{12}$/.test(name));
      assert.ok((await readdir(join(GROUP, jails), { withFileTypes: true })).some(entry => entry.isDirectory()));
      assert.match((await app.visit('/eat', { limit: 120_000 })).text, /MEMORY_LIMIT/);
      assert.equal((await app.visit('/', { limit: 120_000 })).text, 'hello');

      const slow = app.visit('/slow', { limit: 120_000 });
      await sleep(1500); // it is in
      systemctl('stop', 'islet.service');
      assert.equal((await slow).text, 'hello');
    } finally {
      systemctl('stop', 'islet.service');
    }
    assert.equal(systemctl('show', '-P', 'Result', 'islet.service'), 'success');
    await assert.rejects(access(GROUP));
  });

test('root in a group that others are in has hard limits too, and leaves nothing', async () => {
  const server = await Server.start();
  assert.match(await readFile(server.logPath, 'utf8'), /^ {2}Jail +full jail.*, cgroup limits$/m);
  await server.close();
});

async function ready() {
  for (let look = 0; look < 3000; look++, await sleep(100))
    if (await access(`${DATA}/run/ready`).then(() => true, () => false)) {
      const credentials = JSON.parse(await readFile(`${DATA}/credentials.json`, 'utf8'));
      const server = { port: 8000, url: 'http://127.0.0.1:8000', api: 'http://127.0.0.1:8000/v1', ...credentials };
      // the first call compiles most of the program, which takes an emulated machine longer than the SDK waits
      await (await fetch(`${server.api}/organizations/${server.organizationId}/projects`, { headers: { authorization: `Bearer ${server.token}` } })).text();
      return server;
    }
  throw new Error('The server did not become ready.');
}
