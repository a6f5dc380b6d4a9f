// A visitor: plain HTTP/1.1 to a deployment's host. The address is always loopback, only the Host header differs,
// because not every resolver knows *.localhost.
import http from 'node:http';

const LIMIT_MS = 30_000;

/** One request, the whole answer: { status, headers, body: Buffer, text, json(), trailers }. */
export async function visit(server, host, path = '/', options = {}) {
  const response = await open(server, host, path, options);
  const pieces = [];
  for await (const piece of response) pieces.push(piece);
  const body = Buffer.concat(pieces);
  return {
    status: response.statusCode,
    headers: response.headers,
    trailers: response.trailers,
    body,
    text: body.toString('utf8'),
    json: () => JSON.parse(body.toString('utf8')),
  };
}

/** One request; resolves with the raw response as soon as its headers are there. */
export function open(server, host, path = '/', options = {}) {
  const { method = 'GET', headers = {}, body, agent = false, signal, limit = LIMIT_MS } = options;
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1', port: server.port, path, method, agent, signal,
      headers: { host, ...headers },
    });
    request.setTimeout(limit, () => request.destroy(new Error(`No byte from ${host}${path} for ${limit} ms`)));
    request.once('response', resolve);
    request.once('error', reject);
    if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) request.end(body);
    else body.pipe(request);
  });
}
