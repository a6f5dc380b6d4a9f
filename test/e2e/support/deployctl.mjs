// deployctl 1.13.1 as far as the server sees it: the calls of its src/utils/api.ts with the same headers and bodies, read as
// strictly (exact type, status 200 and no other), and the steps of its `deploy` that depend on what came back.
import { createHash } from 'node:crypto';

const USER_AGENT = 'DeployCTL/1.13.1 (linux 6.1.0; x86_64)';

export class APIError extends Error {
  constructor(code, message, status) {
    super(message);
    Object.assign(this, { code, status });
  }
}

export class Deployctl {
  constructor(server, token = server.token) {
    Object.assign(this, { endpoint: server.url, token });
  }

  request(path, { method = 'GET', body, accept = 'application/json', signal } = {}) {
    const headers = {
      'User-Agent': USER_AGENT,
      Accept: accept,
      Authorization: `Bearer ${this.token}`,
      ...body !== undefined && !(body instanceof FormData) && { 'Content-Type': 'application/json' },
    };
    return fetch(`${this.endpoint}/api${path}`, { method, headers, signal, body: typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body) });
  }

  async json(path, options) {
    const response = await this.request(path, options);
    if (response.headers.get('content-type') !== 'application/json') throw new Error(`Expected JSON, got '${await response.text()}'`);
    const json = await response.json();
    if (response.status !== 200) throw new APIError(json.code, json.message, response.status);
    return json;
  }

  async stream(path, options) {
    const response = await this.request(path, options);
    if (response.status !== 200) {
      const json = await response.json();
      throw new APIError(json.code, json.message, response.status);
    }
    return lines(response.body);
  }

  organizations() { return this.json('/organizations'); }
  organization(id) { return this.json(`/organizations/${id}`); }
  createOrganization(name) { return this.json('/organizations', { method: 'POST', body: { name } }); }
  project(id) { return orNull('projectNotFound', this.json(`/projects/${id}`)); }
  createProject(name, organizationId, envs) { return this.json('/projects/', { method: 'POST', body: { name, organizationId, envs } }); }
  patchProject(id, body) { return this.json(`/projects/${id}`, { method: 'PATCH', body }); }
  deleteProject(id) { return orNull('projectNotFound', this.json(`/projects/${id}`, { method: 'DELETE' }).then(() => true)); }
  domains(project) { return this.json(`/projects/${project}/domains`); }
  databases(project) { return orNull('projectNotFound', this.json(`/projects/${project}/databases`)); }
  deployments(project, query = {}) { return orNull('projectNotFound', this.json(`/projects/${project}/deployments?${new URLSearchParams(query)}`)); }
  deployment(id) { return orNull('deploymentNotFound', this.json(`/deployments/${id}`)); }
  deleteDeployment(id) { return orNull('deploymentNotFound', this.json(`/v1/deployments/${id}`, { method: 'DELETE' }).then(() => true)); }
  redeploy(id, body) { return orNull('deploymentNotFound', this.json(`/v1/deployments/${id}/redeploy?internal=true`, { method: 'POST', body })); }
  crons(project, deployment) { return this.json(`/projects/${project}/deployments/${deployment}/crons`); }
  meta() { return this.json('/meta'); }
  negotiate(project, entries) { return this.json(`/projects/${project}/assets/negotiate`, { method: 'POST', body: { entries } }); }
  logs(project, deployment, signal) {
    return this.stream(`/projects/${project}/deployments/${deployment}/logs/`, { accept: 'application/x-ndjson', signal });
  }
  queryLogs(project, deployment, params) {
    return this.json(`/projects/${project}/deployments/${deployment}/query_logs?${new URLSearchParams({ params: JSON.stringify(params) })}`);
  }

  push(project, request, files) {
    const form = new FormData();
    form.append('request', JSON.stringify(request));
    for (const bytes of files) form.append('file', new Blob([bytes]));
    return this.stream(`/projects/${project}/deployment_with_assets`, { method: 'POST', body: form });
  }

  /**
   * `deployctl deploy`: `tree` is path → string | Buffer | { link } | directory. Gives { project, sent, events, end, domains };
   * `end` is the last event, `domains` is what it shows under "View at".
   */
  async deploy(name, tree, { entrypoint = 'main.ts', importMap, prod = false, envs, dryRun = false } = {}) {
    let project = await this.project(name);
    project ??= await this.createProject(name);
    if ((await this.deployments(project.id, { page: 0, limit: 1 }))[0].length === 0) prod = true;
    const contents = new Map();
    const entries = manifestOf(tree, contents);
    const sent = (await this.negotiate(project.id, entries)).map(hash => contents.get(hash));
    if (sent.includes(undefined)) throw new Error('A hash was asked for that is in no entry.');
    if (dryRun) return { project, sent };
    const url = /^[a-z]+:/.test(entrypoint) ? entrypoint : `file:///src/${entrypoint}`;
    const request = { url, importMapUrl: importMap ? `file:///src/${importMap}` : null, production: prod, manifest: { entries } };
    const events = [];
    let [uploading, loading, domains] = [sent.length > 0, false, []];
    for await (const event of await this.push(project.id, request, sent)) {
      events.push(event);
      // it has a spinner for each phase and breaks where one comes that it did not expect
      if (event.type === 'staticFile' && !uploading) throw new Error('staticFile without files');
      if (event.type === 'load') [uploading, loading] = [false, true];
      if (['uploadComplete', 'success'].includes(event.type) && !loading) throw new Error(`${event.type} before load`);
      if (event.type !== 'success') continue;
      domains = event.domainMappings.map(mapping => mapping.domain);
      if (envs === undefined) continue;
      ({ domains } = await this.redeploy(event.id, { prod, env_vars: envs }));
      await this.deleteDeployment(event.id);
    }
    return { project, sent, events, end: events.at(-1), domains };
  }
}

/** What it sends as `manifest.entries`; `contents` gets each file by its git hash. */
export function manifestOf(tree, contents = new Map()) {
  return Object.fromEntries(Object.entries(tree).map(([name, node]) => {
    if (typeof node === 'string' || Buffer.isBuffer(node)) {
      const bytes = Buffer.from(node);
      const gitSha1 = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
      contents.set(gitSha1, bytes);
      return [name, { kind: 'file', gitSha1, size: bytes.length }];
    }
    if (typeof node.link === 'string') return [name, { kind: 'symlink', target: node.link }];
    return [name, { kind: 'directory', entries: manifestOf(node, contents) }];
  }));
}

async function orNull(code, answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof APIError && error.code === code) return null;
    throw error;
  }
}

/** An empty line is the end for it. */
async function* lines(body) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const whole = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = whole.pop();
    for (const line of whole) {
      if (line === '') return;
      yield JSON.parse(line);
    }
  }
  if (rest !== '') yield JSON.parse(rest);
}
