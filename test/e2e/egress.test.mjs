// Programs and the outside: every way there, and none inside. The server is in a network of its own that leads nowhere. As root.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { client, deployed } from './support/deploy.mjs';
import { islet } from './support/islet.mjs';
import { eventually, pastLogs } from './support/logs.mjs';
import { takeWays, WAYS } from './support/ways.mjs';
import { PUBLIC, PUBLIC_6, World } from './support/world.mjs';

const skip = process.getuid() !== 0 && 'makes network namespaces: needs root';
if (process.env.CI === 'true' && skip) throw new Error(skip);

let world, server;
before(async () => {
  if (skip) return;
  world = await World.make();
  server = await world.serve();
});
after(async () => {
  try {
    await server?.close();
  } finally {
    await world?.close();
  }
});

const program = options => deployed(server, { 'main.ts': WAYS }, { envVars: { CA: world.ca }, ...options });

/** What the gateway decided, oldest first; without the platform's own service that takes console lines. */
const decisions = async (app, query = '') => (await islet(server, `/deployments/${app.id}/egress?order=asc&limit=1000${query}`)).filter(({ rule }) => rule !== 'service');

const FOUND = {
  'fetch http:': 'public', 'fetch https:': 'public', 'WebSocket ws:': 'public', 'WebSocket wss:': 'public',
  'Deno.connect': 'public ping', 'Deno.connectTls': 'public ping', 'node:net': 'public ping', 'node:tls': 'public ping',
  'node:http': 'public', 'node:https': 'public',
};
const PORTS = [80, 443, 7000, 7443];
const NOTHING = Object.fromEntries(Object.keys(FOUND).map(way => [way, 'failed']));

for (const [host, address, shown] of [['v4.example', PUBLIC, PUBLIC], ['v6.example', PUBLIC_6, `[${PUBLIC_6}]`]])
  test(`every way leads to ${host}`, { skip }, async () => {
    const app = await program();
    const taken = await takeWays(app, host);
    assert.deepEqual(taken, { ...FOUND, 'Deno.resolveDns': address, 'node:dns lookup': address, 'node:dns resolve': address }, JSON.stringify(taken.why));

    const allowed = await eventually(async () => {
      const all = await decisions(app, '&verdict=allowed');
      return all.length >= Object.keys(FOUND).length && all;
    });
    assert.deepEqual([...new Set(allowed.map(({ destination, host, rule }) => `${destination} ${host} ${rule}`))].sort(), PORTS.map(port => `${shown}:${port} ${host} public`).sort());
    assert.deepEqual(await decisions(app, '&verdict=refused'), []);
  });

// names that lead inside, and addresses in every spelling
const INSIDE = [
  'private.example', 'private6.example', 'mapped.example', 'metadata.example', 'both.example',
  '10.7.0.2', '::ffff:10.7.0.2', '::ffff:a07:2', 'fd00:7::2', '169.254.169.254', '127.0.0.1', '::1', '0.0.0.0', '168230914', '0x0a070002',
];

test('no way leads inside, by name or by address', { skip }, async () => {
  await reachedByServer(1);
  const app = await program();
  for (const host of INSIDE) {
    const taken = await takeWays(app, host, Object.keys(FOUND));
    assert.deepEqual(taken, NOTHING, host);
  }
  for (const host of INSIDE.filter(host => host.endsWith('.example')))
    for (const way of ['Deno.resolveDns', 'node:dns lookup', 'node:dns resolve']) assert.equal((await takeWays(app, host, [way]))[way], 'failed', `${way} ${host}`);

  const refused = await eventually(async () => {
    const all = await decisions(app);
    return all.some(({ destination }) => destination.startsWith('169.254.')) && all;
  });
  assert.deepEqual([...new Set(refused.map(({ verdict }) => verdict))], ['refused']);
  const told = new Set(refused.map(({ destination, host, rule }) => `${rule} ${destination} ${host}`));
  for (const name of ['private', 'private6', 'mapped', 'metadata', 'both']) assert.ok(told.has(`private-answer ${name}.example ${name}.example`), [...told].join('\n'));
  for (const address of ['10.7.0.2', '[fd00:7::2]', '169.254.169.254'])
    for (const port of PORTS) assert.ok(told.has(`private-address ${address}:${port} null`), `${address}:${port} of\n${[...told].join('\n')}`);
  await reachedByServer(2); // and by nobody else
});

/** The server's own network could: without the gateway nothing would be refused. */
async function reachedByServer(times) {
  const [command, ...words] = [...world.within('server'), process.execPath, '-e', 'fetch("http://10.7.0.2").then(async answer => process.stdout.write(await answer.text()))'];
  assert.equal(spawnSync(command, words, { encoding: 'utf8' }).stdout, 'private');
  await eventually(() => world.private.reached.length >= times);
  assert.equal(world.private.reached.length, times, world.private.reached.join());
}

test('permissions.net of a deployment: absent, empty, a list, and everything', { skip }, async () => {
  const found = async (net, host) => {
    const app = await program(net && { permissions: { net } });
    assert.deepEqual(app.deployment.permissions, { net });
    return [app, await takeWays(app, host, Object.keys(FOUND))];
  };

  assert.deepEqual((await found(['*'], 'v4.example'))[1], FOUND);

  const [none, nothing] = await found([], 'v4.example');
  assert.deepEqual(nothing, NOTHING);
  assert.deepEqual(await takeWays(none, PUBLIC, Object.keys(FOUND)), NOTHING);

  const [some, listed] = await found(['v4.example', `[${PUBLIC_6}]`], 'v4.example');
  assert.deepEqual(listed, FOUND, JSON.stringify(listed.why));
  assert.deepEqual(await takeWays(some, PUBLIC_6, Object.keys(FOUND)), FOUND);
  assert.deepEqual(await takeWays(some, 'other.example', Object.keys(FOUND)), NOTHING);
  const rules = await eventually(async () => {
    const all = await decisions(some);
    return all.some(({ destination }) => destination === `[${PUBLIC_6}]:80`) && all;
  });
  assert.deepEqual([...new Set(rules.map(({ verdict, rule }) => `${verdict} ${rule}`))].filter(line => line.startsWith('allowed')), ['allowed permissions.net']);
});

const CONNECTIONS = `
  const open: Deno.Conn[] = [];
  Deno.serve(async request => {
    const asked = new URL(request.url);
    if (asked.pathname === '/close') return new Response(String(open.splice(0).map(conn => conn.close()).length));
    if (asked.pathname === '/send')
      return new Response(await fetch('http://v4.example/', { method: 'POST', body: 'x'.repeat(Number(asked.search.slice(1))) }).then(answer => answer.text(), () => 'cut'));
    const word = new Uint8Array(6);
    const conn = await Deno.connect({ hostname: 'v4.example', port: 7000 }).catch(() => null); // an RST may be faster than the answer
    if (!await conn?.read(word).catch(() => null)) return new Response('refused');
    open.push(conn!);
    return new Response(new TextDecoder().decode(word));
  });`;

/** A project that has its limits before anything of it starts. */
async function limited(limits) {
  const project = await client(server).organizations.projects.create(server.organizationId, {});
  await islet(server, `/projects/${project.id}/limits`, { method: 'PATCH', json: limits });
  return deployed(server, { 'main.ts': CONNECTIONS }, { project });
}

const said = async (app, line) => eventually(async () => (await pastLogs(server, app.id)).some(({ message, level }) => level === 'error' && message === line));

test('connections at once', { skip }, async () => {
  const app = await limited({ egressConnections: 2 });
  const words = [];
  for (let turn = 0; turn < 4; turn++) words.push((await app.visit('/open')).text);
  assert.deepEqual(words, ['public', 'public', 'refused', 'refused']);
  assert.equal((await app.visit('/close')).text, '2');
  await eventually(async () => (await app.visit('/open')).text === 'public');
  await said(app, 'Limit of 2 connections to the outside at once reached, one more refused');
  await eventually(async () => (await decisions(app, '&verdict=refused')).filter(({ rule }) => rule === 'connections').length >= 2);

  const shut = await limited({ egressConnections: 0 });
  assert.equal((await shut.visit('/open')).text, 'refused');
});

test('bytes of a project', { skip }, async () => {
  const app = await limited({ egressBytesPerHour: 100_000 });
  const other = await limited({ egressBytesPerHour: 100_000 });
  const sibling = await deployed(server, { 'main.ts': CONNECTIONS }, { project: app.project });
  assert.deepEqual([(await app.visit('/send?60000')).text, (await app.visit('/send?60000')).text], ['public', 'cut']);
  assert.deepEqual([(await app.visit('/send?1')).text, (await sibling.visit('/send?1')).text, (await other.visit('/send?1')).text], ['cut', 'cut', 'public']);
  const line = 'Limit of 100000 bytes per hour of the project to the outside reached, its connections are cut';
  for (const spent of [app, sibling]) await said(spent, line);
  await eventually(async () => {
    const rules = (await decisions(app)).map(({ verdict, rule }) => `${verdict} ${rule}`);
    return ['closed egress-bytes', 'refused egress-bytes'].every(rule => rules.includes(rule));
  });
  assert.ok((await pastLogs(server, other.id)).every(({ message }) => message !== line));
});

const FLOOD = `
  let ended = 0;
  const connect = async () => {
    const conn = await Deno.connect({ hostname: '10.7.0.2', port: 80 }).catch(() => null);
    await conn?.read(new Uint8Array(1)).catch(() => {});
    ended++;
  };
  Deno.serve(request => {
    if (new URL(request.url).pathname === '/flood') for (let n = 0; n < 150; n++) connect();
    return new Response(String(ended));
  });`;

test('new connections a second: a flood waits for itself, and a neighbour does not wait for it', { skip }, async () => {
  const project = await client(server).organizations.projects.create(server.organizationId, {});
  await islet(server, `/projects/${project.id}/limits`, { method: 'PATCH', json: { egressConnectionsPerSecond: 1 } });
  const flood = await deployed(server, { 'main.ts': FLOOD }, { project });
  const neighbour = await limited({});
  await flood.visit('/flood');
  for (let turn = 0; turn < 20; turn++) assert.equal((await neighbour.visit('/open')).text, 'public');
  const ended = Number((await flood.visit('/')).text);
  assert.ok(ended < 150, `${ended} of 150 connections were served`); // at one a second all of them take minutes
});
