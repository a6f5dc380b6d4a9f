// Deployments made the way a user makes them: with the official SDK.
import Subhosting from 'subhosting';
import { visit } from './visit.mjs';

/** The official client, pointed at the server under test. No retries: a test wants to see the first answer. */
export function client(server, options = {}) {
  return new Subhosting({ baseURL: server.api, bearerToken: server.token, maxRetries: 0, ...options });
}

/**
 * Creates a deployment (in a new project unless given one), waits for the end of its build through build_logs and
 * gives a handle: { id, project, deployment, lines, log, host, visit(path, options) }.
 * `assets`: path → string | Buffer | { link } | { sha1 } | an asset in wire form. Other members go into the request as they are.
 */
export async function deploy(server, assets, { project, entryPointUrl = 'main.ts', envVars = {}, ...request } = {}) {
  const api = client(server);
  project ??= await api.organizations.projects.create(server.organizationId, {});
  const created = await api.projects.deployments.create(project.id, {
    entryPointUrl, envVars, assets: wireAssets(assets), ...request,
  });
  return finished(server, project, created.id);
}

/** Waits for the build of a deployment that exists, then gives the same handle as `deploy`. */
export async function finished(server, project, id) {
  const api = client(server);
  const lines = await api.deployments.buildLogs.get(id);
  const deployment = await api.deployments.get(id);
  const host = deployment.domains?.[0] ?? `${project.name}-${id}.localhost`;
  return {
    id, project, deployment, lines, host,
    log: lines.map(line => line.message).join('\n'),
    visit: (path, options) => visit(server, host, path, options),
  };
}

/** `deploy` for programs that must come up; a failed build throws with its log. */
export async function deployed(server, assets, options) {
  const app = await deploy(server, assets, options);
  if (app.deployment.status !== 'success') throw new Error(`Build ended ${app.deployment.status}:\n${app.log}`);
  return app;
}

/** A one-file program. */
export function program(server, source, options) {
  return deployed(server, { 'main.ts': source }, options);
}

export function wireAssets(assets) {
  return Object.fromEntries(Object.entries(assets).map(([path, asset]) => [path, wireAsset(asset)]));
}

function wireAsset(asset) {
  if (typeof asset === 'string') return { kind: 'file', content: asset, encoding: 'utf-8' };
  if (Buffer.isBuffer(asset)) return { kind: 'file', content: asset.toString('base64'), encoding: 'base64' };
  if (asset.link !== undefined) return { kind: 'symlink', target: asset.link };
  if (asset.sha1 !== undefined) return { kind: 'file', gitSha1: asset.sha1 };
  return asset;
}
