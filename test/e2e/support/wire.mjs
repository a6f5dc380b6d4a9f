// The v1 wire as raw HTTP, and the forms its values must have (reference: the published OpenAPI document).
import assert from 'node:assert/strict';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const DEPLOYMENT_ID = /^[0-9abcdefghjkmnpqrstvwxyz]{12}$/;
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const REGION = /^gcp-(asia|australia|europe|me|northamerica|southamerica|us)-[a-z]+\d+$/;

/** A raw request to the API; `path` is below /v1. */
export function call(server, path, { method = 'GET', headers = {}, json, body, token = server.token, signal } = {}) {
  return fetch(server.api + path, {
    method, signal,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: json === undefined ? body : JSON.stringify(json),
  });
}

/** Every answer has these: exact content type (clients compare with ===), a ray, the status. Gives the parsed body. */
export async function expectJson(response, status = 200) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.match(response.headers.get('x-deno-ray') ?? '', /\S/);
  return JSON.parse(text);
}

/** An error answer: exactly code (lowerCamelCase) and message. */
export async function expectError(response, status, code) {
  const body = await expectJson(response, status);
  assert.deepEqual(Object.keys(body).sort(), ['code', 'message']);
  assert.match(body.code, /^[a-z][a-zA-Z]*$/);
  assert.match(body.message, /\S/);
  if (code !== undefined) assert.equal(body.code, code);
  return body;
}

export function expectProject(project) {
  assert.deepEqual(Object.keys(project).sort(), ['createdAt', 'description', 'id', 'name', 'updatedAt']);
  assert.match(project.id, UUID);
  assert.match(project.name, /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/);
  assert.equal(typeof project.description, 'string');
  assert.match(project.createdAt, TIME);
  assert.match(project.updatedAt, TIME);
}

const DEPLOYMENT_REQUIRED = ['createdAt', 'databases', 'domains', 'id', 'projectId', 'status', 'updatedAt'];
const DEPLOYMENT_OPTIONAL = ['description', 'permissions', 'requestTimeout'];

export function expectDeployment(deployment) {
  for (const name of DEPLOYMENT_REQUIRED) assert.ok(name in deployment, `${name} is missing`);
  const known = new Set([...DEPLOYMENT_REQUIRED, ...DEPLOYMENT_OPTIONAL]);
  assert.deepEqual(Object.keys(deployment).filter(name => !known.has(name)), []);
  assert.match(deployment.id, DEPLOYMENT_ID);
  assert.match(deployment.projectId, UUID);
  assert.ok(['pending', 'success', 'failed'].includes(deployment.status), deployment.status);
  assert.ok(Array.isArray(deployment.domains));
  assert.match(deployment.createdAt, TIME);
  assert.match(deployment.updatedAt, TIME);
}

/** Where a link leads, as a path for `call`. */
export const below = url => url.pathname.replace(/^\/v1/, '') + url.search;

/** Link header as { rel: URL }. */
export function links(response) {
  const header = response.headers.get('link') ?? '';
  return Object.fromEntries([...header.matchAll(/<([^>]+)>;\s*rel="(\w+)"/g)].map(([, url, rel]) => [rel, new URL(url)]));
}
