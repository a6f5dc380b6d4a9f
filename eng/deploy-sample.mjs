// Deploys samples/hello through the server's own API, once, and prints where it answers.
//   node eng/deploy-sample.mjs CREDENTIALS LISTEN DOMAIN DIRECTORY
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const [credentialsPath, listen, domain, directory] = process.argv.slice(2);
process.on('uncaughtException', error => {
  console.error(`The sample could not be deployed: ${error.message}`);
  process.exit(1);
});
const { organizationId, token } = JSON.parse(await readFile(credentialsPath, 'utf8'));
const PROJECT = 'hello';

const project = (await api('GET', `/organizations/${organizationId}/projects?q=${PROJECT}`)).find(p => p.name === PROJECT)
  ?? (await api('POST', `/organizations/${organizationId}/projects`, { name: PROJECT }));
const deployments = await api('GET', `/projects/${project.id}/deployments?order=desc`);
const live = deployments.find(d => d.status === 'success') ?? (await deploy(project));

const { port } = new URL(listen);
const host = live.domains[0];
console.log(`
  Organization   ${organizationId}
  Credentials    ${credentialsPath}
  Sample         http://${host}:${port}/

  Try:  curl -H 'Host: ${host}' ${listen}/
  Stop: Ctrl+C
`);

async function deploy({ id }) {
  console.log('Deploying samples/hello …');
  const made = await api('POST', `/projects/${id}/deployments`, {
    entryPointUrl: 'main.ts',
    assets: await assets(),
    envVars: {},
    domains: ['{project.name}.deno.dev', '{project.name}-{deployment.id}.deno.dev'],
  });
  const log = await request('GET', `/deployments/${made.id}/build_logs`, undefined, 'application/x-ndjson');
  let pending = '';
  for await (const piece of log.body.pipeThrough(new TextDecoderStream())) {
    const lines = (pending + piece).split('\n');
    pending = lines.pop();
    for (const line of lines) console.log(`  ${JSON.parse(line).message}`);
  }
  const built = await api('GET', `/deployments/${made.id}`);
  if (built.status !== 'success') throw new Error('see its build log above');
  return built;
}

async function assets() {
  const found = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found[relative(directory, path)] = { kind: 'file', encoding: 'base64', content: (await readFile(path)).toString('base64') };
  }
  return found;
}

async function api(method, path, body) {
  return (await request(method, path, body)).json();
}

async function request(method, path, body, accept = 'application/json') {
  const answer = await fetch(`${listen}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}
