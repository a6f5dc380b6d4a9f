// The pages at /docs: everything on them comes from the server itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from './support/server.mjs';

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.close());

test('the pages show the documents and let nothing of others in', async () => {
  for (const [path, document] of [['/docs', '/v1/openapi.json'], ['/docs/v1', '/v1/openapi.json'], ['/docs/islet', '/islet/v1/openapi.json']]) {
    const answer = await fetch(server.url + path);
    const html = await answer.text();
    assert.equal(answer.status, 200, html);
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    const policy = Object.fromEntries(answer.headers.get('content-security-policy').split('; ').map(rule => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]));
    assert.deepEqual([policy['default-src'], policy['script-src'], policy['connect-src'], policy['frame-ancestors']], ["'none'", "'self'", "'self'", "'none'"]);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.ok(html.includes(document));
    assert.doesNotMatch(html, /(?:src|href|url)["&quot;:= ]+(?:https?:)?\/\//); // no other host
    assert.doesNotMatch(html, /<script(?![^>]*(?:src=|application\/json))/); // no inline script, which the policy would stop
  }
});

test('the script and its licence are served, and again only when they changed', async () => {
  const script = await fetch(`${server.url}/docs/scalar.js`);
  assert.equal(script.status, 200);
  assert.equal(script.headers.get('content-type'), 'text/javascript');
  assert.ok((await script.text()).length > 1_000_000);
  const again = await fetch(`${server.url}/docs/scalar.js`, { headers: { 'if-none-match': script.headers.get('etag') } });
  assert.equal(again.status, 304);
  assert.match(await (await fetch(`${server.url}/docs/scalar.LICENSE.txt`)).text(), /MIT License/);
  assert.equal((await fetch(`${server.url}/docs/..%2fislet.dll`)).status, 404);
});
