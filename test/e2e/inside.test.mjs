// What is left in a program's own memory: a heap snapshot of one that serves, searched for what it must not know.
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { after, before, test } from 'node:test';
import { client, deployed } from './support/deploy.mjs';
import { Server } from './support/server.mjs';

const OTHERS = 'value-of-another-deployment-5d0c1e';
const MINE = 'value-of-this-deployment-9b2f7a';

const PROGRAM = `
  import v8 from 'node:v8';
  import { Readable } from 'node:stream';
  const kept = Deno.env.get('MINE');
  Deno.serve(request => new URL(request.url).pathname === '/heap'
    ? new Response(Readable.toWeb(v8.getHeapSnapshot()))
    : Response.json({ kept: kept?.length, resources: Object.values(Deno[Deno.internal].core.resources()), args: Deno.args, path: Deno.execPath?.name }));`;

let server, other, app;
before(async () => {
  server = await Server.start();
  other = await deployed(server, { 'main.ts': `const kept = Deno.env.get('SECRET'); Deno.serve(() => new Response(kept));` }, { envVars: { SECRET: OTHERS } });
  assert.equal((await other.visit()).text, OTHERS);
  app = await deployed(server, { 'main.ts': PROGRAM }, { envVars: { MINE } });
});
after(() => server?.close());

test('the heap of a program that serves holds nothing of the platform, the host or others', async () => {
  await app.visit('/', { headers: { authorization: 'Bearer of-its-own-visitor' } });
  const { strings } = (await app.visit('/heap')).json();
  assert.ok(strings.some(string => string.includes(MINE)), 'its own variable is not found: the search is blind');
  const project = (await client(server).organizations.projects.list(server.organizationId)).find(({ id }) => id !== app.project.id);
  const secrets = {
    'the token': server.token, 'the data directory': server.dataDirectory, 'its name': server.mark, 'the slots': 'run/slots',
    'another deployment’s variable': OTHERS, 'another deployment': other.id, 'another project': project.id, 'the organization': server.organizationId,
    'a user id of slots': '61001', 'the host’s name of its socket': '/serve.sock',
  };
  if (hostname().length > 8) secrets['the host’s name'] = hostname(); // a short one is a word like others
  const found = Object.entries(secrets).filter(([, secret]) => strings.some(string => string.includes(secret))).map(([what]) => what);
  assert.deepEqual(found, []);
});

test('its open resources are a short list', async () => {
  const { resources } = (await app.visit('/')).json();
  assert.deepEqual([...new Set(resources)].sort(), ['http', 'stderr', 'stdin', 'stdout']);
});
