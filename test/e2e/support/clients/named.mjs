// A client as InsForge's functions provider for version 1 is: it knows its project by the name it gave it, wants one host
// that stays, asks every two seconds how a build goes, and pages through NDJSON logs by the cursor in Link.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const STATES = ['pending', 'success', 'failed'];

export class NamedProjectClient {
  #api;
  #token;
  #organizationId;
  #domain;

  constructor({ api, token, organizationId }, domain) {
    [this.#api, this.#token, this.#organizationId, this.#domain] = [api, token, organizationId, domain];
  }

  /** Functions by slug become modules behind one router. The project is made when there is none of this name. */
  async deployFunctions(project, functions, secrets = {}) {
    await this.#ensureProject(project);
    const file = content => ({ kind: 'file', content, encoding: 'utf-8' });
    const assets = Object.fromEntries(Object.entries(functions).map(([slug, code]) => [`functions/${slug}.ts`, file(code)]));
    const response = await this.#ask(`/projects/${project}/deployments`, {
      entryPointUrl: 'main.ts',
      assets: { 'main.ts': file(router(Object.keys(functions))), ...assets },
      envVars: secrets,
      domains: [`{project.name}.${this.#domain}`],
    });
    assert.ok(response.ok, `${response.status} ${await response.clone().text()}`);
    return this.#read(await response.json(), project);
  }

  async getDeployment(id) {
    const response = await this.#ask(`/deployments/${id}`);
    assert.ok(response.ok, `${response.status} ${await response.clone().text()}`);
    return this.#read(await response.json());
  }

  /** Thirty questions at most, two seconds apart. */
  async waitForDeployment(id, attempts = 30, interval = 2000) {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { status, url } = await this.getDeployment(id);
      if (status === 'success') return { status, url };
      if (status === 'failed') return { status, url: null, buildLogs: (await this.#lines(`/deployments/${id}/build_logs`)).lines };
      await sleep(interval);
    }
    return { status: 'failed', url: null, buildLogs: ['Deployment timed out'] };
  }

  /** A page of the application log: { logs, cursor }; cursor is null after the last. */
  async appLogs(id, query) {
    const { lines, response } = await this.#lines(`/deployments/${id}/app_logs?${new URLSearchParams(query)}`);
    for (const line of lines) for (const member of ['time', 'level', 'message', 'region']) assert.equal(typeof line[member], 'string', member);
    const next = response.headers.get('link')?.match(/<[^>]*[?&]cursor=([^&>]+)[^>]*>;\s*rel="next"/);
    return { logs: lines, cursor: next ? decodeURIComponent(next[1]) : null };
  }

  async #ensureProject(name) {
    const found = await this.#ask(`/projects/${name}`);
    if (found.ok) return;
    assert.equal(found.status, 404, await found.text()); // anything else is a failure to it
    const made = await this.#ask(`/organizations/${this.#organizationId}/projects`, { name });
    assert.ok(made.ok, await made.text());
  }

  /** Hosts may be missing but never null; what is neither success nor failed counts as pending. */
  #read({ id, projectId, status, domains = [], createdAt }, project) {
    for (const text of [id, projectId, status, createdAt]) assert.equal(typeof text, 'string');
    assert.ok(STATES.includes(status) && Array.isArray(domains) && !Number.isNaN(Date.parse(createdAt)));
    const host = domains[0] ?? (project && `${project}.${this.#domain}`);
    return { id, projectId, status, url: host === undefined ? null : `https://${host}` };
  }

  async #lines(path) {
    const response = await this.#ask(path, undefined, { accept: 'application/x-ndjson' });
    assert.ok(response.ok, `${response.status} ${await response.clone().text()}`);
    const text = await response.text();
    return { response, lines: text.split('\n').filter(line => line.trim()).map(line => JSON.parse(line)) };
  }

  /** Without a content type where it sends nothing. */
  #ask(path, body, headers = {}) {
    return fetch(this.#api + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${this.#token}`, ...body === undefined ? {} : { 'content-type': 'application/json' }, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }
}

/** One module for all functions: by the first segment of the path, with a line in the log for each call. */
function router(slugs) {
  const name = slug => `_${slug.replaceAll('-', '_')}`;
  return `
    import { AsyncLocalStorage } from 'node:async_hooks';
    ${slugs.map(slug => `import ${name(slug)} from './functions/${slug}.ts';`).join('\n')}
    const routes: Record<string, (request: Request) => Promise<Response>> = { ${slugs.map(slug => `'${slug}': ${name(slug)}`).join(', ')} };
    const depth = new AsyncLocalStorage<number>();
    Deno.serve(request => depth.run((depth.getStore() ?? 0) + 1, async () => {
      const { pathname } = new URL(request.url);
      if (pathname === '/health') return Response.json({ status: 'ok', functions: Object.keys(routes) });
      const slug = pathname.split('/')[1];
      if (!routes[slug]) return Response.json({ error: 'Function not found', available: Object.keys(routes) }, { status: 404 });
      try {
        const response = await routes[slug](request);
        console.log(JSON.stringify({ slug, method: request.method, status: response.status, depth: depth.getStore() }));
        return response;
      } catch (error) {
        console.error('Function error:', error);
        return Response.json({ error: 'Function execution failed', message: (error as Error).message }, { status: 500 });
      }
    }));`;
}
