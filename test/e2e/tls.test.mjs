// The port for TLS: versions and protocols, certificates by name and their changes, and what visitors and clients do there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import { authority } from './support/authority.mjs';
import { Command } from './support/command.mjs';
import { client, program } from './support/deploy.mjs';
import { islet } from './support/islet.mjs';
import { database } from './support/kv.mjs';
import { pastLogs } from './support/logs.mjs';
import { freePort, Server } from './support/server.mjs';

const DENO = process.env.ISLET_DENO ?? join(import.meta.dirname, '../../.tools/deno');
const LIMIT_MS = 10_000;

let directory, root, server, tlsPort, app;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certificates-'));
  await chmod(directory, 0o755); // the server reads them as another user
  root = authority();
  await operator(root.issue(['localhost', '*.localhost']));
  await writeFile(file('ca.pem'), root.ca);
  tlsPort = await freePort();
  server = await Server.start({ env: {
    ISLET_TLS_LISTEN: `https://127.0.0.1:${tlsPort}`, ISLET_TLS_CERTIFICATE: file('cert.pem'), ISLET_TLS_KEY: file('key.pem'),
    ISLET_DOMAIN_VERIFICATION: 'trust',
  } });
  app = await program(server, `Deno.serve(request => {
    if (request.headers.get('upgrade') === 'websocket') {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(request.url + ' ' + data);
      return response;
    }
    return new Response(request.url + ' ' + (request.headers.get('x-forwarded-proto') ?? '-'));
  })`);
});
after(async () => {
  await server?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

const file = name => join(directory, name);

async function operator({ cert, key }) {
  await writeFile(file('cert.pem'), cert);
  await writeFile(file('key.pem'), key);
}

/** What a client of this port says and believes. Node's own check takes no wildcard below a single label. */
const as = servername => ({
  host: '127.0.0.1', port: tlsPort, servername, ca: root.ca,
  checkServerIdentity: (host, certificate) =>
    /^[^.]+\.localhost$/.test(host) && certificate.subjectaltname.includes('DNS:*.localhost') ? undefined : tls.checkServerIdentity(host, certificate),
});

/** A handshake: { names, serial, kind, issuer, protocol, alpn }, or throws what the client was told. */
function handshake(servername, options = {}) {
  return new Promise((done, failed) => {
    const socket = tls.connect({ ...as(servername), ...options }, () => {
      const certificate = socket.getPeerCertificate(true);
      done({
        names: certificate.subjectaltname, serial: certificate.serialNumber, kind: certificate.asn1Curve ?? 'RSA',
        issuer: certificate.issuerCertificate?.subject.CN, protocol: socket.getProtocol(), alpn: socket.alpnProtocol,
      });
      socket.destroy();
    });
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`No handshake for ${servername} within ${LIMIT_MS} ms`)));
    socket.once('error', failed);
  });
}

const unknown = servername => assert.rejects(handshake(servername), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
const mismatched = servername => assert.rejects(handshake(servername), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });

/** One request by HTTP/1.1. */
function get(host, path = '/', options = {}) {
  return new Promise((done, failed) => {
    https.get({ ...as(host), path, headers: { host }, agent: false, ...options }, async response => {
      done(Buffer.concat(await response.toArray()).toString());
    }).once('error', failed);
  });
}

async function domainOf(name) {
  return (await client(server).organizations.domains.create(server.organizationId, { domain: name })).id;
}

const upload = (id, { key, cert }) => client(server).domains.certificates.create(id, { privateKey: key, certificateChain: cert });

async function eventually(holds, what) {
  for (const deadline = Date.now() + LIMIT_MS; !await holds(); await sleep(50)) assert.ok(Date.now() < deadline, what);
}

test('TLS 1.2 and 1.3 are spoken, older versions are not; ALPN chooses', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const only = { minVersion: version, maxVersion: version };
    assert.equal((await handshake(app.host, only)).protocol, version);
    assert.equal((await handshake(app.host, { ...only, ALPNProtocols: ['h2', 'http/1.1'] })).alpn, 'h2');
    assert.equal((await handshake(app.host, { ...only, ALPNProtocols: ['http/1.1'] })).alpn, 'http/1.1');
    assert.equal((await handshake(app.host, only)).alpn, false);
    await assert.rejects(handshake(app.host, { ...only, ALPNProtocols: ['h3'] }), { code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' });
  }
  await assert.rejects(
    handshake(app.host, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
});

test('programs see https, by HTTP/1.1, 1.0 and 2 and by WebSocket', async () => {
  const url = `https://${app.host}/a?b`;
  const plain = await app.visit('/a?b');
  assert.equal(await get(app.host, '/a?b', { headers: { host: app.host, 'x-forwarded-proto': 'http' } }), plain.text.replaceAll('http', 'https'));
  assert.ok(plain.text.startsWith(`http://${app.host}/a?b`), plain.text);

  const old = tls.connect(as(app.host));
  old.write(`GET /a?b HTTP/1.0\r\nHost: ${app.host}\r\n\r\n`);
  const answer = Buffer.concat(await old.toArray()).toString();
  assert.match(answer, /^HTTP\/1\.[01] 200 /);
  assert.ok(answer.includes(`\r\n\r\n${url}`), answer);

  const session = http2.connect(`https://${app.host}:${tlsPort}`, { createConnection: () => tls.connect({ ...as(app.host), ALPNProtocols: ['h2'] }) });
  const text = Buffer.concat(await session.request({ ':path': '/a?b', ':authority': app.host }).toArray()).toString();
  session.destroy();
  assert.ok(text.startsWith(url), text);

  const socket = new WebSocket(`wss://127.0.0.1:${tlsPort}/a?b`, { ...as(app.host), headers: { host: app.host } });
  const said = new Promise((done, failed) => socket.on('message', data => done(`${data}`)).on('error', failed));
  socket.on('open', () => socket.send('hello'));
  assert.equal(await said, `${url} hello`);
  socket.terminate();
});

test('a domain has the certificate that was uploaded, until it is replaced or deleted', async () => {
  const name = 'shop.corp.internal';
  await mismatched(name); // the operator's
  const id = await domainOf(name);
  await upload(id, root.below('Middle').issue([name]));
  const first = await handshake(name);
  assert.deepEqual([first.names, first.issuer], [`DNS:${name}`, 'Middle']);
  assert.equal((await handshake(name.toUpperCase())).serial, first.serial);

  await upload(id, root.below('Middle').issue([name]));
  const second = await handshake(name);
  assert.notEqual(second.serial, first.serial);

  // of two kinds of keys the newer, but for whom cannot verify it
  await upload(id, root.issue([name], { rsa: true }));
  assert.equal((await handshake(name)).kind, 'RSA');
  await upload(id, root.issue([name]));
  assert.equal((await handshake(name)).kind, 'prime256v1');
  assert.equal((await handshake(name, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })).kind, 'RSA');
  assert.equal((await handshake(name, { sigalgs: 'RSA-PSS+SHA256:RSA+SHA256' })).kind, 'RSA');

  await client(server).domains.delete(id);
  await mismatched(name);
});

test('nothing is fetched from where a certificate says', async () => {
  const asked = [];
  const place = http.createServer((request, response) => { asked.push(request.url); response.end(); }).listen(0, '127.0.0.1');
  await once(place, 'listening');
  const name = 'fetch.internal';
  const middle = root.below('Middle');
  const { key, cert } = middle.issue([name], { access: `http://127.0.0.1:${place.address().port}/` });
  await upload(await domainOf(name), { key, cert: cert.slice(0, cert.indexOf('-----END') + 26) }); // its issuer is missing
  for (let visits = 0; visits < 3; visits++) assert.equal((await handshake(name, { ca: [root.ca, middle.ca], requestOCSP: true })).names, `DNS:${name}`);
  place.close();
  assert.deepEqual(asked, []);
});

test('a wildcard is for one label, and the name itself goes before it; names of other scripts too', async () => {
  const wide = await domainOf('*.wide.internal');
  await upload(wide, root.issue(['*.wide.internal', 'a.b.wide.internal']));
  assert.equal((await handshake('a.wide.internal')).names, 'DNS:*.wide.internal, DNS:a.b.wide.internal');
  await mismatched('a.b.wide.internal'); // of which nobody was asked whether it is theirs
  await mismatched('wide.internal');
  await upload(await domainOf('one.wide.internal'), root.issue(['one.wide.internal']));
  assert.equal((await handshake('one.wide.internal')).names, 'DNS:one.wide.internal');
  await upload(await domainOf('xn--bcher-kva.internal'), root.issue(['xn--bcher-kva.internal']));
  assert.equal((await handshake('xn--bcher-kva.internal')).names, 'DNS:xn--bcher-kva.internal');
});

test('an organization takes its certificates along', async () => {
  const other = await islet(server, '/organizations', { method: 'POST', json: { name: 'theirs' } });
  const { id } = await client(server).organizations.domains.create(other.id, { domain: 'theirs.internal' });
  await upload(id, root.issue(['theirs.internal']));
  assert.equal((await handshake('theirs.internal')).names, 'DNS:theirs.internal');
  await islet(server, `/organizations/${other.id}`, { method: 'DELETE' });
  await mismatched('theirs.internal');
});

test("Deno's client and the npm one reach a database by https", async () => {
  const { id } = await database(server);
  const connect = `https://localhost:${tlsPort}/databases/${id}/connect`;
  const told = { ...process.env, DENO_CERT: file('ca.pem'), NODE_EXTRA_CA_CERTS: file('ca.pem'), DENO_KV_ACCESS_TOKEN: server.token, NO_COLOR: '1' };
  const program = (open, end, key) => `
    const kv = await ${open};
    await kv.set(['${key}'], 1);
    const watch = kv.watch([['${key}']]).getReader();
    const before = (await watch.read()).value[0].value;
    await kv.set(['${key}'], 2);
    console.log(before, (await watch.read()).value[0].value);
    ${end}`;
  const deno = await promisify(execFile)(DENO, ['eval', '--unstable-kv', program(`Deno.openKv('${connect}')`, 'Deno.exit()', 'by deno')], { env: told, timeout: 60_000 });
  assert.equal(deno.stdout, '1 2\n');
  const node = await promisify(execFile)(process.execPath, [
    '--input-type=module', '-e', `import { openKv } from '@deno/kv'; ${program(`openKv('${connect}')`, 'process.exit()', 'by node')}`,
  ], { cwd: import.meta.dirname, env: told, timeout: 60_000 });
  assert.equal(node.stdout, '1 2\n'); // of a key of its own: Node does not read what a newer V8 wrote

  // version 1 is told a whole URL
  const first = JSON.parse(await new Promise((done, failed) => https.request(connect, {
    method: 'POST', ca: root.ca, lookup: (_, { all }, found) => all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4),
    headers: { authorization: `Bearer ${server.token}` },
  }, async answer => done(Buffer.concat(await answer.toArray()).toString())).once('error', failed).end()));
  assert.deepEqual([first.version, first.endpoints[0].url], [1, `https://localhost:${tlsPort}/databases/${id}/kv/v1`]);
});

test("the operator's files are read again when they are another pair", async () => {
  const before = await handshake(app.host);
  const next = root.issue(['localhost', '*.localhost'], { rsa: true });
  await writeFile(file('cert.pem'), next.cert); // not its key's yet
  await eventually(async () => (await server.logTail()).includes('changed and cannot be used'), 'a pair that does not match is told');
  assert.equal((await handshake(app.host)).serial, before.serial);
  await operator(next);
  await eventually(async () => (await handshake(app.host)).kind === 'RSA', 'the new pair is used');
});

test('what is no hello is let go, and costs nobody anything', async () => {
  const hello = await helloOf(app.host);
  for (const bytes of ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', Buffer.alloc(0), Buffer.of(22, 3, 1, 0, 0), Buffer.of(22, 3, 1, 255, 255), hello.subarray(0, 40), Buffer.concat([hello.subarray(0, 5), Buffer.alloc(600)])])
    assert.equal((await answerTo([bytes])).length, 0, `${bytes}`);

  // one byte after the other, and cut into records (RFC 8446 section 5.1)
  const body = hello.subarray(5);
  const records = [body.subarray(0, 3), body.subarray(3, 100), body.subarray(100)].map(part => Buffer.concat([Buffer.of(22, 3, 1, part.length >> 8, part.length & 255), part]));
  for (const pieces of [[...hello].map(byte => Buffer.of(byte)), records]) {
    const [type] = await answerTo(pieces, 1);
    assert.equal(type, 22, 'a hello of the server');
  }

  // a visitor who breaks off is no fault that an operator must see
  for (const port of [tlsPort, server.port]) {
    const socket = connectPlain(port, '127.0.0.1');
    await once(socket, 'connect');
    await new Promise(sent => socket.write(port === tlsPort ? hello.subarray(0, 40) : 'PRI', sent));
    socket.resetAndDestroy();
  }
  assert.equal((await app.visit()).status, 200);
  assert.doesNotMatch(await server.logTail(1000), /fail:|Unhandled/);
});

test('new connections of a project are held back before the handshake', async () => {
  const slow = await program(server, `Deno.serve(() => new Response('slow'))`);
  await islet(server, `/projects/${slow.project.id}/limits`, { method: 'PATCH', json: { connectionsPerSecond: 1 } });
  await eventually(async () => (await islet(server, `/projects/${slow.project.id}/limits`)).limits.connectionsPerSecond === 1);
  assert.equal(await get(slow.host), 'slow');
  const sockets = Array.from({ length: 30 }, () => tls.connect(as(slow.host)));
  const ends = sockets.map(socket => new Promise(done => socket.once('secureConnect', () => done('in')).once('error', () => done('out'))));
  await eventually(async () => (await Promise.all(ends.map(end => Promise.race([end, 'waits'])))).filter(end => end === 'out').length >= 10, 'who would wait too long is refused');
  for (const socket of sockets) socket.destroy();
  await eventually(async () => (await pastLogs(server, slow.id)).some(line => /new connections per second of the project reached, \d+ held back/.test(line.message)), 'it is told');
});

/** The first message of a client. */
async function helloOf(servername) {
  const { Duplex } = await import('node:stream');
  return new Promise(done => {
    const wire = new Duplex({ read() {}, write(chunk) { done(chunk); } });
    tls.connect({ socket: wire, servername }).on('error', () => {});
  });
}

/** What comes back for pieces, each sent by itself, at least `least` bytes of it or all until the end. */
async function answerTo(pieces, least = Infinity) {
  const socket = connectPlain({ port: tlsPort, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {}); // a reset is an end, too
  const received = [];
  const enough = new Promise(done => socket
    .on('data', data => { received.push(data); if (received.reduce((sum, one) => sum + one.length, 0) >= least) done(); })
    .once('close', done));
  for (const piece of pieces) await new Promise(sent => socket.write(piece, sent));
  if (least === Infinity) socket.end();
  await enough;
  socket.destroy();
  return Buffer.concat(received);
}

test('without a certificate of the operator nobody gets one for a name that is not theirs; port 618 and 619', async t => {
  if (process.getuid() !== 0) return t.skip('only root may have such ports');
  const low = await Server.start({ port: 618, env: { ISLET_TLS_LISTEN: 'https://127.0.0.1:619', ISLET_DOMAIN_VERIFICATION: 'trust' } });
  const [high, of] = [tlsPort, server];
  [tlsPort, server] = [619, low];
  try {
    await unknown('shop.internal');
    await unknown('localhost');
    await unknown('');
    await upload(await domainOf('shop.internal'), root.issue(['shop.internal']));
    assert.equal((await handshake('shop.internal')).names, 'DNS:shop.internal');
    await unknown('a.shop.internal');
  } finally {
    [tlsPort, server] = [high, of];
    await low.close();
  }
});

const refused = {
  'a listener that speaks plainly': { options: () => ['--tls-listen', 'http://127.0.0.1:8443'], says: /--tls-listen is 'http:\/\/127\.0\.0\.1:8443': expected https:\/\/ADDRESS:PORT/ },
  'one address for both': { options: () => ['--listen', 'http://127.0.0.1:9', '--tls-listen', 'https://127.0.0.1:9'], says: /--tls-listen and --listen have the same address/ },
  'a certificate without its key': { options: () => ['--tls-listen', 'https://127.0.0.1:9', '--tls-certificate', file('cert.pem')], says: /--tls-certificate and --tls-key belong together/ },
  'a certificate without a port': { options: () => ['--tls-certificate', file('cert.pem'), '--tls-key', file('key.pem')], says: /give that too/ },
  'a file that is not there': { options: () => tlsWith('no.pem', 'key.pem'), says: /--tls-certificate is '\/.*no\.pem': there is no such file/ },
  'a file that is none of PEM': { options: () => tlsWith('none.pem', 'key.pem'), says: /--tls-certificate is '\/.*none\.pem': expected a PEM file with a certificate/ },
  'a key of another certificate': { options: () => tlsWith('cert.pem', 'other.pem'), says: /--tls-key is '\/.*other\.pem': expected the RSA or ECDSA key/ },
  "a key that is not the server's to read": { options: () => tlsWith('cert.pem', 'private.pem'), says: /--tls-key is '\/.*private\.pem': it cannot be read by the server's user, which has the id \d+/, root: true },
};

const tlsWith = (certificate, key) => ['--tls-listen', 'https://127.0.0.1:9', '--tls-certificate', file(certificate), '--tls-key', file(key)];

test('settings that cannot work are refused in one line', async () => {
  await writeFile(file('none.pem'), 'none');
  await writeFile(file('other.pem'), root.issue(['localhost']).key);
  await writeFile(file('private.pem'), root.issue(['localhost']).key);
  await chmod(file('private.pem'), 0o600);
  for (const [name, { options, says, root: asRoot }] of Object.entries(refused)) {
    if (asRoot && process.getuid() !== 0) continue;
    const command = new Command(process.env.ISLET_BIN, ['serve', ...options()], { env: { ISLET_DATA: join(directory, 'data') } });
    assert.deepEqual(await command.ended(), { code: 2, signal: null }, `${name}: ${command.output}`);
    assert.match(command.errors, says, name);
    assert.match(command.errors, /^islet: .*\n$/, name);
  }
});
