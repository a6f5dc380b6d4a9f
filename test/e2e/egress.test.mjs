// Programs and the outside: every way there, and none inside. The server is in a network of its own that leads nowhere. As root.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { deployed } from './support/deploy.mjs';
import { eventually } from './support/logs.mjs';
import { islet } from './support/islet.mjs';
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
const decisions = (app, query = '') => islet(server, `/deployments/${app.id}/egress?order=asc&limit=1000${query}`);

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
