// deployctl against the server: the calls it makes, in the order it makes them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { APIError, Deployctl, manifestOf } from './support/deployctl.mjs';
import { client } from './support/deploy.mjs';
import { eventually } from './support/logs.mjs';
import { Server } from './support/server.mjs';
import { visit } from './support/visit.mjs';
import { DEPLOYMENT_ID, REGION, TIME, UUID } from './support/wire.mjs';

const text = (server, host, path) => visit(server, host, path).then(answer => answer.text);
const says = word => ({ 'main.ts': `Deno.serve(() => new Response('${word} ' + (Deno.env.get('WORD') ?? 'none')))` });
const newName = () => `app-${crypto.randomUUID().slice(0, 8)}`;

let server, ctl;
before(async () => {
  server = await Server.start();
  ctl = new Deployctl(server);
});
after(() => server?.close());

test('the first deploy makes the project and is production, later ones are previews unless they ask', async () => {
  const name = newName();
  const first = await ctl.deploy(name, says('one'));
  assert.match(first.project.id, UUID);
  assert.deepEqual(first.domains, [`${name}.localhost`, `${name}-${first.end.id}.localhost`]);
  assert.equal(await text(server, `${name}.localhost`), 'one none');

  const second = await ctl.deploy(name, says('two'));
  assert.deepEqual(second.domains, [`${name}-${second.end.id}.localhost`]);
  assert.equal(await text(server, second.domains[0]), 'two none');
  assert.equal(await text(server, `${name}.localhost`), 'one none');

  const third = await ctl.deploy(name, says('three'), { prod: true });
  assert.equal(await text(server, `${name}.localhost`), 'three none');
  assert.equal(await text(server, first.domains[1]), 'one none');
  const project = await ctl.project(name);
  assert.equal(project.productionDeployment.deploymentId, third.end.id);
  assert.ok(project.hasProductionDeployment);
});

test('only contents that the organization has not sent before are asked for and sent', async () => {
  const name = newName();
  const tree = {
    ...says('cached'), static: { 'page.html': `<p>${crypto.randomUUID()}</p>`, deep: { 'same.txt': 'twice', 'empty.txt': '' } }, 'same.txt': 'twice',
    'link.txt': { link: 'static/deep/same.txt' }, 'page.html': 'another of that name',
  };
  Object.assign(tree.static, { 'also.html': { link: 'page.html' }, 'up.txt': { link: '../same.txt' } }); // as readlink tells them
  const first = await ctl.deploy(name, tree);
  assert.equal(first.sent.length, 5); // the same content once
  assert.deepEqual(first.events.filter(event => event.type === 'staticFile').map(event => event.currentBytes === event.totalBytes), [true]);

  const dry = await ctl.deploy(name, { ...tree, 'new.txt': crypto.randomUUID() }, { dryRun: true });
  assert.equal(dry.sent.length, 1);
  assert.equal((await ctl.deployments(name))[1].totalCount, 1);

  const reader = { ...tree, 'main.ts': `Deno.serve(async () => new Response((await Promise.all(['link.txt', 'static/deep/same.txt', 'static/deep/empty.txt', 'static/up.txt', 'static/also.html'].map(path => Deno.readTextFile(path)))).join()))` };
  const second = await ctl.deploy(name, reader);
  assert.equal(second.sent.length, 1);
  assert.equal(await text(server, second.domains[0]), `twice,twice,,twice,${tree.static['page.html']}`);
  const third = await ctl.deploy(name, reader);
  assert.equal(third.sent.length, 0);
  assert.ok(!third.events.some(event => event.type === 'staticFile'));
});

test('deep trees, import maps and modules show as they load', async () => {
  const deep = Array.from({ length: 40 }).reduce(below => ({ d: below }), { 'leaf.ts': `export const leaf = 'leaf'` });
  const app = await ctl.deploy(newName(), {
    'src': { 'main.ts': `import { leaf } from 'leaf'; Deno.serve(() => new Response(leaf))` }, deep,
    'map.json': JSON.stringify({ imports: { leaf: `./deep/${'d/'.repeat(40)}leaf.ts` } }),
  }, { entrypoint: 'src/main.ts', importMap: 'map.json' });
  assert.equal(app.end.type, 'success', JSON.stringify(app.end));
  assert.equal(await text(server, app.domains[0]), 'leaf');
  assert.equal((await ctl.deployment(app.end.id)).deployment.url, 'file:///src/src/main.ts');
  const loads = app.events.filter(event => event.type === 'load');
  assert.ok(loads.some(load => load.url.endsWith('leaf.ts') && load.seen <= load.total));
  assert.deepEqual(app.events.slice(-2).map(event => event.type), ['uploadComplete', 'success']);
});

test('variables come by a second deployment that takes the place of the first', async () => {
  const name = newName();
  const app = await ctl.deploy(name, says('env'), { envs: { WORD: 'set' } });
  assert.deepEqual(await ctl.deployment(app.end.id), null); // deployctl deleted it
  assert.equal(await text(server, app.domains[0]), 'env set');
  assert.equal(app.domains[0], `${name}.localhost`);
  const [[build]] = await ctl.deployments(name);
  assert.deepEqual(build.deployment.envVars, ['WORD']);
  assert.equal((await ctl.project(name)).productionDeployment.deploymentId, build.deploymentId);

  // redeploy: preview, then production; a variable that makes it fail deletes nothing
  const preview = await ctl.redeploy(build.deploymentId, { prod: false, env_vars: { WORD: 'preview' } });
  assert.equal(preview.status, 'success');
  assert.deepEqual(preview.domains, [`${name}-${preview.id}.localhost`]);
  assert.equal(await text(server, preview.domains[0]), 'env preview');
  assert.equal(await text(server, `${name}.localhost`), 'env set');
  await ctl.redeploy(preview.id, { prod: true, env_vars: {}, databases: undefined });
  assert.equal(await text(server, `${name}.localhost`), 'env preview');
  assert.equal(await ctl.redeploy('000000000000', { prod: true }), null);
});

test('a redeployment that does not start is an error', async () => {
  const picky = await ctl.deploy(newName(), { 'main.ts': `if (Deno.env.has('BREAK')) throw new Error('as you wish'); Deno.serve(() => new Response('up'))` });
  await assert.rejects(ctl.redeploy(picky.end.id, { prod: true, env_vars: { BREAK: 'x' } }), error => error instanceof APIError && /as you wish/.test(error.message));
  assert.equal(await text(server, picky.domains[0]), 'up');
});

test('a broken program ends in an error with its reason, and production stays', async () => {
  const name = newName();
  await ctl.deploy(name, says('good'));
  const broken = await ctl.deploy(name, { 'main.ts': `throw new Error('on purpose')` }, { prod: true });
  assert.equal(broken.end.type, 'error');
  assert.equal(broken.end.code, 'UNCAUGHT_EXCEPTION');
  assert.match(broken.end.ctx, /on purpose/);
  const unfetched = await ctl.deploy(name, says('unused'), { entrypoint: 'https://elsewhere.example/main.ts' });
  assert.match(unfetched.end.ctx, /Not fetched: .*elsewhere\.example/);
  const [[, build]] = await ctl.deployments(name);
  assert.equal(build.deployment, null);
  assert.match(build.logs.find(log => log.type === 'error').ctx, /on purpose/);
  assert.equal(await text(server, `${name}.localhost`), 'good none');
});

test('what cannot be deployed is refused before the progress begins', async () => {
  const { id } = await ctl.createProject(newName());
  const contents = new Map();
  const entries = manifestOf({ ...says('x'), 'missing.txt': crypto.randomUUID() }, contents);
  const [main, missing] = contents.values();
  const request = { url: 'file:///src/main.ts', importMapUrl: null, production: true, manifest: { entries } };
  const refused = async (code, request, files) => assert.rejects(ctl.push(id, request, files), error => error instanceof APIError && error.code === code && error.status === 400, JSON.stringify(request));
  await refused('assetNotFound', request, [main]);
  await refused('badRequest', request, [main, missing, Buffer.from('of nobody')]);
  await refused('badRequest', { ...request, url: 'file:///src/other.ts' }, [main, missing]);
  await refused('badRequest', { ...request, manifest: { entries: { '..': { kind: 'directory', entries } } } }, [main, missing]);
  await refused('badRequest', { ...request, manifest: undefined }, []);
  assert.equal((await ctl.deployments(id))[1].totalCount, 0);
});

test('deployments are listed from page 0, newest first, shown and deleted', async () => {
  const name = newName();
  const first = await ctl.deploy(name, says('listed'));
  for (let n = 0; n < 4; n++) await ctl.redeploy(first.end.id, { prod: false });
  const pages = await Promise.all([0, 1, 2, 3].map(page => ctl.deployments(name, { page, limit: 2 })));
  assert.deepEqual(pages.map(([, paging]) => paging), [0, 1, 2, 3].map(page => ({ page, count: [2, 2, 1, 0][page], limit: 2, totalCount: 5, totalPages: 3 })));
  const builds = pages.flatMap(([list]) => list);
  assert.deepEqual(builds.map(build => build.deploymentId), (await ctl.deployments(name))[0].map(build => build.deploymentId));
  assert.equal(builds[4].deploymentId, first.end.id);
  assert.equal(new Set(builds.map(build => build.deploymentId)).size, 5);

  const build = await ctl.deployment(first.end.id);
  assert.match(build.id, DEPLOYMENT_ID);
  assert.match(build.createdAt, TIME);
  assert.equal(build.project.name, name);
  assert.deepEqual(build.deployment.domainMappings.map(mapping => mapping.domain), first.domains);
  assert.deepEqual(await ctl.crons(name, first.end.id), []);
  assert.deepEqual(await ctl.crons(name, 'latest'), []);

  assert.equal(await ctl.deleteDeployment(builds[0].deploymentId), true);
  assert.equal(await ctl.deleteDeployment(builds[0].deploymentId), null);
  assert.equal(await ctl.deployment(builds[0].deploymentId), null);
  assert.equal(await ctl.deployment('nothing'), null);
  assert.equal((await ctl.deployments(name))[1].totalCount, 4);
});

test('projects are made with variables, renamed, listed and deleted', async () => {
  const name = newName();
  const project = await ctl.createProject(name, undefined, { WORD: 'of the project' });
  assert.deepEqual(project.envVars, ['WORD']);
  assert.equal(project.organization.name, null); // the personal one
  assert.equal(project.organizationId, server.organizationId);
  const app = await ctl.deploy(name, says('made'));
  assert.equal(await text(server, app.domains[0]), 'made of the project');
  assert.deepEqual((await ctl.patchProject(name, { envs: { WORD: null, OTHER: 'x' } })).envVars, ['OTHER']);

  await assert.rejects(ctl.createProject(name), error => error.code === 'projectNameInUse');
  await assert.rejects(ctl.createProject(newName(), undefined, { DENO_X: 'reserved' }), error => /DENO_/.test(error.message));
  await ctl.patchProject(name, { name: `${name}-two` });
  assert.equal(await ctl.project(name), null);
  assert.equal(await text(server, `${name}-two.localhost`), 'made of the project');
  assert.deepEqual(await ctl.domains(`${name}-two`), [{ domain: `${name}-two.localhost`, isValidated: true }]);
  assert.deepEqual(await ctl.databases(`${name}-two`), []);

  const own = await ctl.organization(project.organizationId);
  assert.ok(own.projects.some(listed => listed.name === `${name}-two` && listed.hasProductionDeployment));
  assert.equal(typeof own.members[0].user.name, 'string');
  assert.equal(await ctl.deleteProject(`${name}-two`), true);
  assert.equal(await ctl.deleteProject(`${name}-two`), null);
  assert.equal(await ctl.project('Not_A_Name'), null);
});

test('organizations are found by name or made', async () => {
  const made = await ctl.createOrganization('Acme of deployctl');
  const all = await ctl.organizations();
  assert.deepEqual(all.find(one => one.name === 'Acme of deployctl').id, made.id);
  assert.equal(all.find(one => one.id === server.organizationId).name, null);
  const project = await ctl.createProject(newName(), made.id);
  assert.equal((await ctl.project(project.id)).organization.name, 'Acme of deployctl');
});

test('production keeps its database through redeployments', async () => {
  const api = client(server);
  const database = await api.organizations.databases.create(server.organizationId, { description: 'theirs' });
  const name = newName();
  const first = await ctl.deploy(name, says('data'));
  await ctl.redeploy(first.end.id, { prod: true, databases: { default: database.id } });
  const [found] = await ctl.databases(name);
  assert.equal(found.databaseId, database.id);
  assert.equal(found.description, 'theirs');
  assert.match(found.availableRegions[0], REGION);
  assert.equal((await ctl.project(name)).productionDeployment.deployment.kvDatabases.default, database.id);
});

test('logs are live from ready on, and can be asked for', async () => {
  const name = newName();
  const app = await ctl.deploy(name, { 'main.ts': `Deno.serve(request => { console[new URL(request.url).pathname.slice(1)]('said', 'apple', Date.now()); return new Response('ok') })` });
  const hangUp = new AbortController();
  const seen = [];
  const reading = (async () => {
    for await (const item of await ctl.logs(name, 'latest', hangUp.signal)) seen.push(item);
  })().catch(error => hangUp.signal.aborted || Promise.reject(error));
  await eventually(() => seen.some(item => item.type === 'ready'));
  await visit(server, app.domains[0], '/log');
  await visit(server, app.domains[0], '/error');
  await eventually(() => seen.filter(item => item.type === 'message').length === 2);
  hangUp.abort();
  await reading;
  for (const item of seen.filter(item => item.type === 'message')) {
    assert.match(item.message, /^said apple/);
    assert.match(item.time, TIME);
    assert.match(item.region, REGION);
  }
  const { regionCodes } = await ctl.meta();
  assert.ok(regionCodes.includes(seen.find(item => item.type === 'message').region));

  const ask = params => ctl.queryLogs(name, app.end.id, { since: '2020-01-01T00:00:00.000Z', limit: 100, ...params }).then(answer => answer.logs);
  await eventually(async () => (await ask({ q: ['said'] })).length === 2);
  const [both, errors] = [await ask({ q: ['said', 'apple'], regions: regionCodes }), await ask({ levels: ['error'], q: ['said'] })];
  assert.deepEqual(both.map(line => line.level).sort(), ['error', 'info']);
  assert.ok(both[0].timestamp <= both[1].timestamp);
  assert.equal(errors.length, 1);
  assert.equal(errors[0].deploymentId, app.end.id);
  assert.deepEqual(await ask({ q: ['said', 'pear'] }), []);
  assert.deepEqual(await ask({ until: '2020-01-02T00:00:00.000Z' }), []);
  for (const params of [{ limit: 0 }, { levels: ['loud'] }, { regions: ['mars'] }, { since: 'yesterday' }, { q: 7 }])
    await assert.rejects(ask(params), error => error instanceof APIError && error.status === 400 && error.message.includes(Object.keys(params)[0]));
  await assert.rejects(ctl.queryLogs((await ctl.createProject(newName())).id, app.end.id, {}), error => error.code === 'deploymentNotFound');
  await assert.rejects(ctl.logs((await ctl.createProject(newName())).id, 'latest'), error => error.code === 'deploymentNotFound');
});

test('strangers and bad tokens', async () => {
  const { id } = await ctl.createProject(newName());
  const nobody = new Deployctl(server, 'isl_nonsense');
  await assert.rejects(nobody.project(id), error => error instanceof APIError && error.status === 401);
  await assert.rejects(nobody.push(id, {}, []), error => error.status === 401);
  const signIn = await fetch(`${server.url}/api/signin/cli/access_token`, { method: 'POST', body: 'verifier' });
  assert.equal(signIn.status, 404);
  assert.equal((await signIn.json()).code, 'notFound');
});
