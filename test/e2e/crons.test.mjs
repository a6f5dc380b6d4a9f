// Deno.cron: registered when a deployment is built, listed, run by the clock and by hand, tried again, replaced.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { client, deploy, deployed, finished } from './support/deploy.mjs';
import { islet } from './support/islet.mjs';
import { pastLogs, eventually } from './support/logs.mjs';
import { Server } from './support/server.mjs';

const MINUTE = 'each minute';
const PRODUCTION = ['{project.name}.deno.dev', '{project.name}-{deployment.id}.deno.dev'];

let server, api;
before(async () => {
  server = await Server.start({ env: { ISLET_CRON_TIME_LIMIT: '3s' }, idleSeconds: 1 });
  api = client(server);
});
after(() => server?.close());

/** What a deployment with crons has beside its program: a database of its own, unless one is given. */
async function enabled(more = {}) {
  const database = await api.organizations.databases.create(server.organizationId, {});
  return { enableCron: true, databases: { default: database.id }, domains: PRODUCTION, ...more };
}

const crons = app => islet(server, `/projects/${app.project.id}/crons`);
const runs = (app, name) => islet(server, `/projects/${app.project.id}/crons/${encodeURIComponent(name)}/runs`);
const ask = (app, name) => islet(server, `/projects/${app.project.id}/crons/${encodeURIComponent(name)}/run`, { method: 'POST', status: 202 });
const ended = async (app, name, id) => eventually(async () => (await runs(app, name)).find(run => run.id === id && run.endedAt !== null));

async function runNow(app, name) {
  const begun = await ask(app, name);
  assert.deepEqual([begun.trigger, begun.status, begun.endedAt, begun.deploymentId], ['manual', 'running', null, app.id]);
  return ended(app, name, begun.id);
}

let ticking; // its clock goes on while the other tests run
test('crons of a program are listed with the schedule that Deno made of them', async () => {
  ticking = await deployed(server, {
    'main.ts': `
      let count = 0, late = '';
      Deno.cron('${MINUTE}', '* * * * *', () => { count++; console.log('tick'); });
      Deno.cron('weekly', { dayOfWeek: { exact: [2, 4] }, hour: 9 }, { backoffSchedule: [1000, 60000] }, () => {});
      Deno.serve(() => new Response(String(count)));
      setTimeout(() => { try { Deno.cron('late', '* * * * *', () => {}); } catch (error) { console.log('late: ' + error.message); } }, 500);
    `,
  }, await enabled({ permissions: { net: [] } }));
  const [minute, weekly] = await crons(ticking);
  assert.deepEqual([minute.name, minute.schedule, minute.backoffSchedule, minute.deploymentId, minute.lastRun], [MINUTE, '* * * * *', [], ticking.id, null]);
  assert.deepEqual([weekly.name, weekly.schedule, weekly.backoffSchedule], ['weekly', '0 9 * * 2,4', [1000, 60000]]);
  const wait = Date.parse(minute.nextRunAt) - Date.now();
  assert.ok(wait > -60_000 && wait <= 60_000 && Date.parse(minute.nextRunAt) % 60_000 === 0, minute.nextRunAt);
  assert.ok([1, 3].includes(new Date(weekly.nextRunAt).getUTCDay()), 'Monday or Wednesday: Sunday is 1');
  assert.match(ticking.log, /Cron "each minute" runs at \* \* \* \* \*/);
  await ticking.visit('/');
  await eventually(async () => (await pastLogs(server, ticking.id)).some(line => /late: .*No crons after serve/.test(line.message)));
});

test('a run by hand runs the handler in the deployment\'s isolate and its history says so', async () => {
  const app = await deployed(server, {
    'main.ts': `
      let count = 0;
      Deno.cron('hand made_1', '0 0 1 1 *', async () => { await new Promise(done => setTimeout(done, 200)); count++; console.log('handled'); });
      Deno.serve(() => new Response(String(count)));
    `,
  }, await enabled());
  const run = await runNow(app, 'hand made_1');
  assert.deepEqual([run.status, run.attempts, run.error, run.dueAt], ['succeeded', 1, null, null]);
  assert.equal((await app.visit('/')).text, '1', 'the isolate of the run serves visitors too');
  assert.deepEqual((await crons(app))[0].lastRun, run);
  const line = await eventually(async () => (await islet(server, `/deployments/${app.id}/app_logs?since=1970-01-01T00:00:00Z`)).find(line => line.message === 'handled'));
  assert.equal(line.trace, run.id.replaceAll('-', ''), 'lines of a run have its id as their trace');
  const audit = await islet(server, `/organizations/${server.organizationId}/audit?operation=cron.run`);
  assert.ok(audit.some(entry => entry.targetId === 'hand made_1'));
});

test('a handler that throws is tried again as its backoff says, and no second run begins meanwhile', async () => {
  const app = await deployed(server, {
    'main.ts': `
      let tries = 0;
      Deno.cron('third time', '0 0 1 1 *', { backoffSchedule: [300, 300, 300] }, () => { if (++tries < 3) throw new Error('not yet'); });
      Deno.cron('never', '0 0 1 1 *', { backoffSchedule: [1500] }, () => { throw new Error('never'); });
      Deno.cron('once', '0 0 1 1 *', async () => { throw new Error('once'); });
      Deno.serve(() => new Response(String(tries)));
    `,
  }, await enabled());
  const third = await runNow(app, 'third time');
  assert.deepEqual([third.status, third.attempts, third.error], ['succeeded', 3, null]);
  const never = await ask(app, 'never');
  await eventually(async () => (await runs(app, 'never'))[0].attempts === 1);
  await islet(server, `/projects/${app.project.id}/crons/never/run`, { method: 'POST', status: 409 });
  const failed = await ended(app, 'never', never.id);
  assert.deepEqual([failed.status, failed.attempts], ['failed', 2]);
  assert.match(failed.error, /threw/);
  const once = await runNow(app, 'once');
  assert.deepEqual([once.status, once.attempts], ['failed', 1], 'no backoff, no second try');
  await eventually(async () => (await pastLogs(server, app.id)).some(line => line.level === 'error' && /^cron "once" failed/.test(line.message)));
});

test('a run ends with its isolate, at its time limit, and at the limits of its project', async () => {
  const app = await deployed(server, {
    'main.ts': `
      Deno.cron('exits', '0 0 1 1 *', () => Deno.exit(3));
      Deno.cron('hangs', '0 0 1 1 *', () => new Promise(() => {}));
      Deno.cron('spins', '0 0 1 1 *', () => { for (;;); });
      Deno.serve(() => new Response('hello'));
    `,
  }, await enabled());
  assert.match((await runNow(app, 'exits')).error, /ended by an error/);
  assert.match((await runNow(app, 'hangs')).error, /longer than 3 s/);
  assert.equal((await app.visit('/')).text, 'hello');
  await islet(server, `/projects/${app.project.id}/limits`, { method: 'PATCH', json: { cpuMsPerRequest: 100, eventLoopBlockedMs: 1000 } });
  assert.match((await runNow(app, 'spins')).error, /limit of processor time|event loop was blocked/);
  assert.equal((await app.visit('/')).text, 'hello');
});

test('the crons that run are those of the deployment that the project\'s host leads to', async () => {
  const settings = await enabled();
  const source = name => ({ 'main.ts': `Deno.cron('${name}', '0 0 1 1 *', () => {}); Deno.cron('kept', '0 0 1 1 *', () => {}); Deno.serve(() => new Response('${name}'));` });
  const first = await deployed(server, source('first'), settings);
  await runNow(first, 'kept');
  const second = await deployed(server, source('second'), { project: first.project, ...settings });
  assert.deepEqual((await crons(second)).map(cron => [cron.name, cron.deploymentId]), [['second', second.id], ['kept', second.id]]);
  await islet(server, `/projects/${first.project.id}/crons/first/run`, { method: 'POST', status: 404 });
  await runNow(second, 'kept');
  assert.deepEqual((await runs(second, 'kept')).map(run => run.deploymentId), [second.id, first.id], 'its history goes on');

  const again = await finished(server, first.project, (await api.deployments.redeploy(first.id, {})).id);
  assert.deepEqual((await crons(second)).map(cron => cron.deploymentId), [second.id, second.id], 'a redeploy has only its own host');
  await fetch(`${server.api}/deployments/${again.id}/domains/${encodeURIComponent('{project.name}.deno.dev')}`, { method: 'PUT', headers: { authorization: `Bearer ${server.token}` } });
  assert.deepEqual((await crons(second)).map(cron => cron.deploymentId), [again.id, again.id]);
});

test('crons must be enabled, with a database on which no other project has enabled them', async () => {
  const source = { 'main.ts': `Deno.cron('a', '* * * * *', () => {}); Deno.serve(() => new Response('hello'));`, 'deno.json': '{"unstable":["cron"]}' };
  const plain = await deploy(server, source);
  assert.equal(plain.deployment.status, 'failed');
  assert.match(plain.log, /Deno\.cron is not enabled for this deployment/);

  const shared = await enabled();
  const first = await deployed(server, source, shared);
  await assert.rejects(deploy(server, source, shared), error => error.status === 400 && /^enableCron/.test(error.error.message ?? error.message));
  await deployed(server, source, { project: first.project, ...shared });
  await deployed(server, { 'main.ts': `Deno.serve(() => new Response('hello'))` }, { databases: shared.databases });
  await assert.rejects(deploy(server, source, { enableCron: true }), { status: 400 });
});

const REFUSED = {
  'an invalid schedule': [`Deno.cron('a', '* * * * 0', () => {});`, /Invalid cron schedule/],
  'one name twice': [`Deno.cron('a', '* * * * *', () => {}); Deno.cron('a', '0 * * * *', () => {});`, /Cron with this name already exists: a/],
  'too long a backoff': [`Deno.cron('a', '* * * * *', { backoffSchedule: [3600001] }, () => {});`, /Invalid backoff schedule of "a"/],
  'too many tries': [`Deno.cron('a', '* * * * *', { backoffSchedule: [1, 1, 1, 1, 1, 1] }, () => {});`, /Invalid backoff schedule of "a"/],
  'more than 100': [
    `for (let n = 0; n < 101; n++) { Deno.cron('cron ' + n, '* * * * *', () => {}); if (n % 10 === 9) await new Promise(done => setTimeout(done, 50)); }`,
    /Too many crons/],
  'lines that are not Deno\'s': [
    // Deno's connection is opened beside the start of the program: only after a while is it surely the first
    `await new Promise(done => setTimeout(done, 1000)); const own = await Deno.connect({ hostname: 'cron.islet.internal', port: 9000 }); await own.write(new TextEncoder().encode('{"kind":"register","crons":[{"name":"forged","schedule":"* * * * *"}]}\\n'));
     if (await own.read(new Uint8Array(1)) !== null) throw new Error('a second connection was served'); Deno.cron('a', 'no', () => {});`,
    /Invalid cron schedule/],
};
for (const [what, [source, expected]] of Object.entries(REFUSED)) {
  test(`a program with ${what} is not deployed`, async () => {
    const app = await deploy(server, { 'main.ts': `${source}\nDeno.serve(() => new Response('hello'));` }, await enabled());
    assert.equal(app.deployment.status, 'failed', app.log);
    assert.match(app.log, expected);
    assert.deepEqual(await crons(app), []);
  });
}

test('a hundred crons are not too many', async () => {
  const app = await deployed(server, {
    'main.ts': `for (let n = 0; n < 100; n++) { Deno.cron('cron ' + n, '0 0 1 1 *', () => {}); if (n % 10 === 9) await new Promise(done => setTimeout(done, 50)); }
      Deno.serve(() => new Response('hello'));`,
  }, await enabled());
  assert.equal((await crons(app)).length, 100);
});

test('the clock runs what is due, once a minute and without a visitor', async () => {
  const [first] = await eventually(async () => { const all = await runs(ticking, MINUTE); return all.length > 0 && all.at(-1).endedAt !== null && [all.at(-1)]; }, 75_000);
  assert.deepEqual([first.trigger, first.status, first.attempts, first.error], ['schedule', 'succeeded', 1, null]);
  assert.equal(Date.parse(first.dueAt) % 60_000, 0);
  assert.ok(Date.parse(first.startedAt) >= Date.parse(first.dueAt));
  const all = await runs(ticking, MINUTE);
  assert.equal(new Set(all.map(run => run.dueAt)).size, all.length, 'no minute twice');
  assert.ok(Date.parse((await crons(ticking))[0].nextRunAt) > Date.parse(all[0].dueAt));
});

test('a run that is cut off by a kill of the server has failed, and its cron can run again', async () => {
  const app = await deployed(server, {
    'main.ts': `Deno.cron('long', '0 0 1 1 *', () => new Promise(done => setTimeout(done, 1500))); Deno.serve(() => new Response('hello'));`,
  }, await enabled());
  const cut = await ask(app, 'long');
  await server.kill();
  await server.boot();
  assert.match((await ended(app, 'long', cut.id)).error, /The server ended while it ran/);
  assert.equal((await runNow(app, 'long')).status, 'succeeded', 'longer than the idle time, and nobody visits');
});
