// Input the API must refuse: 400, the message names the member, and nothing has been written.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { client, deployed } from './support/deploy.mjs';
import { Server } from './support/server.mjs';
import { call, expectError } from './support/wire.mjs';

const MAIN = { kind: 'file', content: `Deno.serve(() => new Response('up'))` };

let server, api, app;
before(async () => {
  server = await Server.start();
  api = client(server);
  app = await deployed(server, { 'main.ts': MAIN }, { project: await api.organizations.projects.create(server.organizationId, { name: 'refusals' }) });
});
after(() => server?.close());

// name of the case → [body, what the message must name]
const projects = {
  'name in capitals': [{ name: 'Capital' }, 'name'],
  'name with an underscore': [{ name: 'under_score' }, 'name'],
  'name with a leading hyphen': [{ name: '-lead' }, 'name'],
  'name with two hyphens': [{ name: 'two--hyphens' }, 'name'],
  'name too long for a host': [{ name: 'a'.repeat(51) }, 'name'],
  'name of a platform host': [{ name: 'api' }, 'name'],
  'name of the wrong type': [{ name: 7 }, 'name'],
  'name in use': [{ name: 'refusals' }, 'name'],
  'name in another script': [{ name: 'füchse' }, 'name'],
  'description too long': [{ description: 'x'.repeat(1001) }, 'description'],
  'description of the wrong type': [{ description: {} }, 'description'],
  'an array': [[], ''],
  'a string': ['name', ''],
};

const request = change => ({ entryPointUrl: 'main.ts', envVars: {}, assets: { 'main.ts': MAIN }, ...change });
const asset = (path, value) => [request({ assets: { 'main.ts': MAIN, [path]: value } }), path];
const env = (name, value, named = name) => [request({ envVars: { [name]: value } }), named];

const deployments = {
  'no entry point': [request({ entryPointUrl: undefined }), 'entryPointUrl'],
  'entry point of the wrong type': [request({ entryPointUrl: ['main.ts'] }), 'entryPointUrl'],
  'entry point that is no asset': [request({ entryPointUrl: 'other.ts' }), 'entryPointUrl'],
  'entry point above the root': [request({ entryPointUrl: '../main.ts' }), 'entryPointUrl'],
  'entry point elsewhere on disk': [request({ entryPointUrl: 'file:///etc/passwd' }), 'entryPointUrl'],
  'no assets': [request({ assets: undefined }), 'assets'],
  'assets empty': [request({ assets: {} }), 'assets'],
  'assets an array': [request({ assets: [MAIN] }), 'assets'],
  'asset null': asset('a.ts', null),
  'asset a string': asset('a.ts', 'content'),
  'asset of an unknown kind': asset('a.ts', { kind: 'pipe' }),
  'asset without content or hash': asset('a.ts', { kind: 'file' }),
  'asset content of the wrong type': asset('a.ts', { kind: 'file', content: 5 }),
  'asset in an unknown encoding': asset('a.ts', { kind: 'file', content: 'x', encoding: 'utf-16' }),
  'asset with broken base64': asset('a.ts', { kind: 'file', content: '***', encoding: 'base64' }),
  'asset with base64 of a wrong length': asset('a.ts', { kind: 'file', content: 'abcde', encoding: 'base64' }),
  'asset with a malformed hash': asset('a.ts', { kind: 'file', gitSha1: 'xyz' }),
  'asset with an unknown hash': asset('a.ts', { kind: 'file', gitSha1: '0123456789abcdef0123456789abcdef01234567' }),
  'symlink without a target': asset('link.ts', { kind: 'symlink' }),
  'path absolute': asset('/etc/cron.d/x', MAIN),
  'path above the root': asset('../x.ts', MAIN),
  'path with a dot segment': asset('a/./x.ts', MAIN),
  'path that climbs inside': asset('a/../../x.ts', MAIN),
  'path with an empty segment': asset('a//x.ts', MAIN),
  'path empty': [request({ assets: { 'main.ts': MAIN, '': MAIN } }), 'assets'],
  'path with NUL': [request({ assets: { 'main.ts': MAIN, 'a\0b.ts': MAIN } }), 'assets'],
  'path too long': [request({ assets: { 'main.ts': MAIN, ['p'.repeat(5000)]: MAIN } }), 'assets'],
  'path both file and folder': [request({ assets: { 'main.ts': MAIN, 'main.ts/x.ts': MAIN } }), 'main.ts'],
  'variables an array': [request({ envVars: [] }), 'envVars'],
  'variable of the wrong type': env('PORT', 8080),
  'variable null on create': env('NOTHING', null),
  'variable of the runtime': env('DENO_REGION', 'x'),
  'variable of the loader': env('LD_PRELOAD', '/src/x.so'),
  'variable of the telemetry': env('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://x'),
  'variable with = in its name': env('A=B', 'x', 'envVars'),
  'variable without a name': env('', 'x', 'envVars'),
  'variable name too long': env('N'.repeat(129), 'x', 'envVars'),
  'variable value too long': env('LONG', 'x'.repeat(16_385)),
  'variable value with NUL': env('NUL', 'a\0b'),
  'domains a string': [request({ domains: 'x.deno.dev' }), 'domains'],
  'domain with an unknown placeholder': [request({ domains: ['{project.id}.deno.dev'] }), 'domains'],
  'domain of the platform, not one’s own': [request({ domains: ['someone-else.deno.dev'] }), 'domains'],
  'domain of the platform, own prefix': [request({ domains: ['my-{project.name}.deno.dev'] }), 'domains'],
  'domain nobody registered': [request({ domains: ['app.example.com'] }), 'domains'],
  'domain of the wrong type': [request({ domains: [1] }), 'domains'],
  'database of another name': [request({ databases: { other: '182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e' } }), 'databases'],
  'timeout of zero': [request({ requestTimeout: 0 }), 'requestTimeout'],
  'timeout in fractions': [request({ requestTimeout: 1.5 }), 'requestTimeout'],
  'timeout beyond 32 bits': [request({ requestTimeout: 2 ** 31 }), 'requestTimeout'],
  'timeout as text': [request({ requestTimeout: '5' }), 'requestTimeout'],
  'net permission as text': [request({ permissions: { net: 'example.com' } }), 'permissions'],
  'net permission that is a flag': [request({ permissions: { net: ['x --allow-run'] } }), 'permissions'],
  'net permission with a comma': [request({ permissions: { net: ['a.example,b.example'] } }), 'permissions'],
  'compiler option of the wrong type': [request({ compilerOptions: { jsx: 5 } }), 'compilerOptions'],
  'import map of the wrong type': [request({ importMapUrl: 5 }), 'importMapUrl'],
  'lock file of the wrong type': [request({ lockFileUrl: {} }), 'lockFileUrl'],
  'description too long': [request({ description: 'x'.repeat(1001) }), 'description'],
  'an array': [[], ''],
};

const redeploys = {
  'variable of the runtime': [{ env_vars: { DENO_REGION: 'x' } }, 'DENO_REGION'],
  'variable of the wrong type': [{ envVars: { A: [] } }, 'A'],
  'timeout of zero': [{ requestTimeout: 0 }, 'requestTimeout'],
  'description too long': [{ description: 'x'.repeat(1001) }, 'description'],
};

const tables = {
  'create project': [() => `/organizations/${server.organizationId}/projects`, projects],
  'create deployment': [() => `/projects/${app.project.id}/deployments`, deployments],
  'redeploy': [() => `/deployments/${app.id}/redeploy`, redeploys],
};

for (const [call_, [path, table]] of Object.entries(tables))
  test(`${call_} refuses`, async t => {
    const earlier = await state();
    for (const [name, [json, named]] of Object.entries(table))
      await t.test(name, async () => {
        const { message } = await expectError(await call(server, path(), { method: 'POST', json }), 400);
        assert.ok(message.includes(named), `"${message}" does not name ${named}`);
        assert.ok(message.length < 1_000, 'the message repeats the input');
      });
    assert.deepEqual(await state(), earlier);
  });

test('bodies that are not JSON', async () => {
  const path = `/organizations/${server.organizationId}/projects`;
  const earlier = await state();
  for (const body of ['', '{', '{"name":"a"', 'name=a', '{"name":"a"}x', '[[[[', Buffer.from([0x7b, 0xff, 0x7d]), `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`])
    await expectError(await call(server, path, { method: 'POST', body, headers: { 'content-type': 'application/json' } }), 400, 'badRequest');
  assert.deepEqual(await state(), earlier);
});

test('the reserved prefix is refused in the words clients know', async () => {
  const { message } = await expectError(await call(server, `/projects/${app.project.id}/deployments`, { method: 'POST', json: env('DENO_X', 'y')[0] }), 400);
  assert.match(message, /DENO_ is a reserved prefix/);
});

test('a rename to a bad or taken name changes nothing', async () => {
  await api.organizations.projects.create(server.organizationId, { name: 'already-taken' });
  for (const json of [{ name: 'Bad Name' }, { name: 'already-taken' }, { name: '' }])
    await expectError(await call(server, `/projects/${app.project.id}`, { method: 'PATCH', json }), 400);
  assert.equal((await api.projects.get(app.project.id)).name, 'refusals');
});

async function state() {
  return {
    projects: await api.organizations.projects.list(server.organizationId, { limit: 100, sort: 'name' }),
    deployments: await api.projects.deployments.list(app.project.id, { limit: 100 }),
  };
}
