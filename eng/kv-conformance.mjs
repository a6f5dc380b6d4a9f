// Deno's own tests of its KV client (tests/unit/kv_test.ts of github.com/denoland/deno) inside a slot of a server of their own.
//   node eng/kv-conformance.mjs PATH/kv_test.ts [PART OF A NAME]
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { client, deployed } from '../test/e2e/support/deploy.mjs';
import { Server } from '../test/e2e/support/server.mjs';

const [file, part = ''] = process.argv.slice(2);
const here = path => new URL(path, import.meta.url);

/** What the server refuses is an Error, not a TypeError, in every client of KV Connect; with the text of the test in it. */
const SAME_TEXT = /expected TypeError "([^"]+)" instead of Error: KV Connect failed .*\1/;
const OTHER_CLASS = 'the text is right, the class is Error instead of TypeError';
const FIXTURE = "asks a server of Deno's own tests";

/** Why other tests cannot pass. */
const NOT_EXPECTED = new Map([
  ['remote backend', FIXTURE],
  ['remote backend invalid version', FIXTURE],
  ['remote backend invalid url', FIXTURE],
  ['openKv invalid filenames', 'names of files are refused whatever they are'],
]);

/** They leave messages that the next test would be given. */
const LEAVES_MESSAGES = new Set(['queue retries']);

process.env.ISLET_BIN ??= execFileSync(here('publish.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
const assets = {
  'main.ts': 'import "./harness.ts";\nimport "./kv_test.ts";\n',
  'harness.ts': await readFile(here('kv-conformance/harness.ts'), 'utf8'),
  'test_util.ts': await readFile(here('kv-conformance/asserts.ts'), 'utf8'),
  'kv_test.ts': (await readFile(file, 'utf8')).replace('"@std/testing/types"', '"./test_util.ts"'),
};
const counts = { passed: 0, failed: 0, 'not expected': 0 };
const server = await Server.start({ idleSeconds: 60 });
try {
  let app = await fresh();
  const tests = (await app.visit('/')).json();
  for (const [index, { name, ignore }] of tests.entries()) {
    if (ignore || !name.includes(part)) continue;
    const { ok, error } = await run(app, index);
    const reason = SAME_TEXT.test(error) ? OTHER_CLASS : NOT_EXPECTED.get(name);
    counts[ok ? 'passed' : reason ? 'not expected' : 'failed']++;
    console.log(ok ? `ok      ${name}` : reason ? `(no)    ${name}: ${reason}` : `FAILED  ${name}\n${error}`);
    if (!ok || LEAVES_MESSAGES.has(name)) app = await fresh();
  }
} finally {
  await server.close();
}
console.log(Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(', '));
process.exitCode = counts.failed > 0 ? 1 : 0;

/** A deployment with a database of its own, both new. */
async function fresh() {
  const database = await client(server).organizations.databases.create(server.organizationId, { description: 'conformance' });
  return deployed(server, assets, { databases: { default: database.id } });
}

async function run(app, index) {
  try {
    const answer = await app.visit(`/${index}`, { method: 'POST', limit: 60_000 });
    return answer.status === 200 ? answer.json() : { ok: false, error: `${answer.status} ${answer.text}` };
  } catch (error) {
    return { ok: false, error: String(error) };
  }
}
