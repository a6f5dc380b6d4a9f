// The platform's own API, /islet/v1.
import assert from 'node:assert/strict';

/** The body of an answer that must be 200 (or `status`). */
export async function islet(server, path, { method = 'GET', json, status = 200, token = server.token } = {}) {
  const answer = await fetch(`${server.url}/islet/v1${path}`, {
    method, headers: { ...token !== null && { authorization: `Bearer ${token}` }, 'content-type': 'application/json' }, body: json && JSON.stringify(json),
  });
  const body = await answer.json();
  assert.equal(answer.status, status, JSON.stringify(body));
  return body;
}
