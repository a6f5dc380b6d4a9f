// A client as Metorial's deployments on Deno are: node's http below axios, the platform's suffix spelled out in `domains`,
// and rounds of two questions, for the deployment and for the lines of the build log it has not seen.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export class PollingClient {
  #server;
  #seen = 0;
  url = '';

  constructor(server) {
    this.#server = server;
  }

  /** Makes a project and a deployment in it. */
  async start(projectName, files, env) {
    this.project = await this.#ask('POST', `/organizations/${this.#server.organizationId}/projects`, { name: projectName });
    this.deployment = await this.#ask('POST', `/projects/${this.project.id}/deployments`, {
      entryPointUrl: 'main.ts',
      envVars: env,
      description: 'CSRV one / DEPL two',
      permissions: { net: ['*'] },
      assets: Object.fromEntries(Object.entries(files).map(([path, content]) => [path, { kind: 'file', encoding: 'utf-8', content }])),
      domains: ['{project.name}-{deployment.id}.deno.dev'],
    });
  }

  /** One round: the state, and new lines in groups of one level. */
  async poll() {
    const { status, domains } = await this.#ask('GET', `/deployments/${this.deployment.id}`);
    if (domains?.length) this.url = `https://${domains[0]}`;
    const lines = (await this.#ask('GET', `/deployments/${this.deployment.id}/build_logs`, undefined, { accept: 'application/json' }))
      .filter(line => !line.message.includes('.deno.dev'));
    const fresh = lines.slice(this.#seen);
    this.#seen += fresh.length;
    const groups = [];
    for (const { level, message } of fresh) {
      if (groups.at(-1)?.type !== level) groups.push({ type: level, lines: [] });
      groups.at(-1).lines.push(message);
    }
    return { status, groups };
  }

  /** Rounds until it is no longer pending, at most `rounds`. Gives the last state and the messages of all rounds. */
  async finish(rounds = 60, interval = 500) {
    const messages = [];
    for (let round = 0; round < rounds; round++) {
      const { status, groups } = await this.poll();
      messages.push(...groups.flatMap(group => group.lines));
      if (status !== 'pending') return { status, messages };
      await sleep(interval);
    }
    throw new Error(`Pending after ${rounds} rounds`);
  }

  /** Every status but a good one is an error, as axios has it. */
  #ask(method, path, body, headers = {}) {
    const data = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = http.request(this.#server.api + path, {
        method,
        headers: {
          accept: 'application/json, text/plain, */*', 'accept-encoding': 'gzip', 'user-agent': 'axios/1.7.7', authorization: `Bearer ${this.#server.token}`,
          ...data === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) }, ...headers,
        },
      }, response => {
        let text = '';
        response.setEncoding('utf8').on('data', piece => (text += piece)).once('error', reject);
        response.once('end', () => response.statusCode >= 200 && response.statusCode < 300
          ? resolve(JSON.parse(text))
          : reject(new Error(`Request failed with status code ${response.statusCode}: ${text}`)));
      });
      request.once('error', reject);
      request.end(data);
    });
  }
}
