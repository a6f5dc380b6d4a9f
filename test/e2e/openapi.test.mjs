// The documents of the two dialects: linted by two tools, made into a client that type-checks and works, and compared
// with the published one when ISLET_PUBLISHED_SPEC has its path.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as redocly from '@redocly/openapi-core';
import spectralCore from '@stoplight/spectral-core';
import { oas } from '@stoplight/spectral-rulesets';
import createClient from 'openapi-fetch';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { Server } from './support/server.mjs';

const cache = join(import.meta.dirname, 'node_modules', '.cache');
let server;
const documents = {};

before(async () => {
  server = await Server.start();
  for (const dialect of ['v1', 'islet/v1']) {
    const answer = await fetch(`${server.url}/${dialect}/openapi.json`); // without a token
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    documents[dialect] = await answer.json();
  }
});
after(() => server?.close());

for (const dialect of ['v1', 'islet/v1']) {
  test(`${dialect}: Redocly finds nothing`, async () => {
    const config = await redocly.createConfig({ extends: ['recommended'] });
    const problems = await redocly.lintFromString({ source: JSON.stringify(documents[dialect]), absoluteRef: 'openapi.json', config });
    // localhost is where this server is
    assert.deepEqual(problems.filter(problem => problem.ruleId !== 'no-server-example.com').map(told), []);
  });

  test(`${dialect}: Spectral finds nothing`, async () => {
    // all rules but the one that wants a mail address
    const spectral = new spectralCore.Spectral();
    spectral.setRuleset({ extends: [[oas, 'all']], rules: { 'contact-properties': 'off' } });
    const problems = await spectral.run(JSON.stringify(documents[dialect]));
    assert.deepEqual(problems.map(problem => `${problem.code} ${problem.path.join('/')}: ${problem.message}`), []);
  });
}

test('a generated client type-checks and works', async () => {
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'client-'));
  try {
    await writeFile(join(directory, 'v1.d.ts'), astToString(await openapiTS(documents.v1)));
    const source = await readFile(join(import.meta.dirname, 'fixtures', 'generated-client.ts'), 'utf8');
    await writeFile(join(directory, 'client.ts'), source);
    assert.deepEqual(check(join(directory, 'client.ts')), []);
    await writeFile(join(directory, 'client.ts'), source.replace('project.name', 'project.nickname'));
    assert.match(check(join(directory, 'client.ts')).join('\n'), /nickname/); // it would have told

    const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
    await writeFile(join(directory, 'client.mjs'), outputText);
    const { run } = await import(join(directory, 'client.mjs'));
    const done = await run(createClient, server.api, server.token, server.organizationId);
    assert.deepEqual(done, { name: 'generated-client', status: 'pending', databases: 1, refused: 'badRequest' });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('the document says what the published one says', { skip: !process.env.ISLET_PUBLISHED_SPEC }, async t => {
  const published = JSON.parse(await readFile(process.env.ISLET_PUBLISHED_SPEC, 'utf8'));
  const [ours, theirs] = [facts(documents.v1), facts(published)];
  assert.deepEqual([...theirs].filter(fact => !ours.has(fact)), [], 'only in the published document');
  const more = [...ours].filter(fact => !theirs.has(fact));
  t.diagnostic(`only in ours: ${more.join('; ')}`);
  assert.deepEqual(more.filter(fact => !/^member (CreateDeploymentRequest\.enableCron|RedeployRequest\.env_vars)$/.test(fact)), []);
});

/** Operations, parameters, answers, components, members, what is required, enumerations: a line each. */
function facts(document) {
  const found = new Set();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      found.add(`operation ${method} ${path} ${operation.operationId} ${operation.tags} ${operation.deprecated ? 'deprecated' : ''}`);
      for (const parameter of operation.parameters ?? []) {
        found.add(`parameter ${operation.operationId} ${parameter.in} ${parameter.name} ${parameter.required ? 'required' : ''}`);
      }
      found.add(`body ${operation.operationId} ${JSON.stringify(operation.requestBody?.content?.['application/json']?.schema)}`);
      for (const [status, answer] of Object.entries(operation.responses)) {
        for (const [type, content] of Object.entries(answer.content ?? { none: {} })) {
          found.add(`answer ${operation.operationId} ${status} ${type} ${JSON.stringify(content.schema)} ${Object.keys(answer.headers ?? {})}`);
        }
      }
    }
  }
  for (const [name, schema] of Object.entries(document.components.schemas)) collect(name, schema, found);
  return found;
}

function collect(name, schema, found) {
  found.add(`component ${name.split('.')[0]}`);
  for (const required of schema.required ?? []) found.add(`required ${name}.${required}`);
  for (const value of schema.enum ?? []) found.add(`enum ${name} ${value}`);
  for (const [member, inner] of Object.entries(schema.properties ?? {})) {
    found.add(`member ${name}.${member}`);
    collect(`${name}.${member}`, inner, found);
  }
  for (const inner of [...schema.allOf ?? [], ...schema.oneOf ?? [], ...schema.anyOf ?? []]) collect(name, inner, found);
}

function check(file) {
  const program = ts.createProgram([file], {
    strict: true, noEmit: true, exactOptionalPropertyTypes: false, skipLibCheck: true, types: [], lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
  });
  return ts.getPreEmitDiagnostics(program).map(problem => ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
}

function told(problem) {
  return `${problem.ruleId} ${problem.location.map(place => place.pointer)}: ${problem.message}`;
}
