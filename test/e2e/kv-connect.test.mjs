// KV databases from outside: Deno's client and that of npm, and the wire below them (KV Connect).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { KvU64, openKv } from '@deno/kv';
import { islet } from './support/islet.mjs';
import {
  BYTES, DELETE, SET, SUM, U64, V8, check, database, dataToken, enqueue, exchange, key, message, mutation, parse, range, read, send,
} from './support/kv.mjs';
import { Server } from './support/server.mjs';

const DENO = process.env.ISLET_DENO ?? join(import.meta.dirname, '../../.tools/deno');
const PING_LIMIT_MS = 20_000;

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.close());

/** Somebody with a role in an organization: a token. */
async function newcomer(organization, role) {
  const { token } = await islet(server, `/organizations/${organization}/invitations`, {
    method: 'POST', json: { email: `${crypto.randomUUID()}@example.com`, role },
  });
  return (await islet(server, '/invitations/accept', {
    method: 'POST', token: null, json: { token, name: role, password: 'correct horse battery' },
  })).token;
}

async function expectText(answer, status, text) {
  const body = await answer.text();
  assert.equal(answer.status, status, body);
  assert.match(body, text);
}

const valueOf = async (data, token, of) => {
  const [found] = parse(await bytesOf(await send(data, 'snapshot_read', read(of), token)))[1];
  return found.length === 0 ? null : parse(parse(found)[1][0])[2]?.[0].toString() ?? '';
};
const bytesOf = async answer => (assert.equal(answer.status, 200), Buffer.from(await answer.arrayBuffer()));

test("Deno's client reads, writes, lists and watches", async () => {
  const { connect } = await database(server);
  const program = `
    const kv = await Deno.openKv(Deno.args[0]);
    const seen = [];
    const watch = kv.watch([['a']]).getReader();
    seen.push((await watch.read()).value[0].value);
    await kv.set(['a'], { n: 5n });
    seen.push((await watch.read()).value[0].value);
    await kv.atomic().sum(['u'], 2n).set(['b', kv.commitVersionstamp()], 'last').commit();
    for await (const { key, value } of kv.list({ prefix: [] })) seen.push([key[0], value]);
    console.log(Deno.inspect(seen, { compact: true, breakLength: Infinity }));
    Deno.exit();`;
  const { stdout } = await promisify(execFile)(DENO, ['eval', '--unstable-kv', program, connect], {
    env: { ...process.env, DENO_KV_ACCESS_TOKEN: server.token, NO_COLOR: '1' }, timeout: 60_000,
  });
  assert.equal(stdout.trim(), '[ null, { n: 5n }, [ "a", { n: 5n } ], [ "b", "last" ], [ "u", [Deno.KvU64: 2n] ] ]');
});

test('the npm client does the same by HTTP/1.1', async () => {
  const { connect } = await database(server);
  const kv = await openKv(connect, { accessToken: server.token });
  const { versionstamp } = await kv.set(['a'], { n: 5n });
  const watch = kv.watch([['a']]).getReader();
  assert.deepEqual((await watch.read()).value, [{ key: ['a'], value: { n: 5n }, versionstamp }]);
  await kv.set(['a'], 6);
  assert.equal((await watch.read()).value[0].value, 6);
  await watch.cancel();
  assert.equal((await kv.atomic().check({ key: ['a'], versionstamp: null }).set(['a'], 1).commit()).ok, false);
  await kv.atomic().sum(['u'], 2n).sum(['u'], 3n).commit();
  assert.deepEqual((await kv.get(['u'])).value, new KvU64(5n));
  const keys = [];
  for await (const entry of kv.list({ prefix: [] })) keys.push(entry.key[0]);
  assert.deepEqual(keys, ['a', 'u']);
  await assert.rejects(kv.set([new Uint8Array(3000)], 1), /A key exceeds the key size limit/);
  kv.close();
});

test('the exchange agrees on the newest version that both know', async () => {
  const it = await database(server);
  const versionOf = async versions => (await (await exchange(server, it, { versions })).json()).version;
  assert.deepEqual([await versionOf([1, 2, 3]), await versionOf([2, 1]), await versionOf([99, 1]), await versionOf([3, 99])], [3, 2, 1, 3]);
  const first = await (await exchange(server, it, { body: '' })).json(); // clients of version 1 send nothing
  assert.deepEqual([first.version, first.endpoints[0].url], [1, `${server.url}/databases/${it.id}/kv/v1`]);
  await expectText(await exchange(server, it, { versions: [4] }), 400, /None of the versions/);
  for (const body of ['{', '[]', '{}', '{"supportedVersions":3}', '{"supportedVersions":["3"]}', '{"supportedVersions":[1e99]}', '"x"', ' '])
    await expectText(await exchange(server, it, { body }), 400, /supportedVersions/);
  await expectText(await exchange(server, it, { body: 'x'.repeat(1 << 20) }), 400, /too large/);
});

test('answers have the members and content types that clients compare as text', async () => {
  const it = await database(server);
  const answer = await exchange(server, it);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  const { token, expiresAt, ...rest } = await answer.json();
  assert.deepEqual(rest, { version: 3, databaseId: it.id, endpoints: [{ url: `/databases/${it.id}/kv/v3`, consistency: 'strong' }] });
  assert.match(expiresAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(Date.parse(expiresAt) > Date.now() + 6 * 60_000); // clients come again five minutes before
  for (const [method, body] of [['snapshot_read', read(key('a'))], ['atomic_write', message(mutation(SET, key('a'), Buffer.from('1')))]]) {
    const data = await send(it, method, body, token);
    assert.equal(data.headers.get('content-type'), 'application/x-protobuf', method);
    await bytesOf(data);
  }
});

test('one port takes HTTP/1.1 and HTTP/2 without an upgrade', async () => {
  const it = await database(server);
  const token = await dataToken(server, it);
  await bytesOf(await send(it, 'atomic_write', message(mutation(SET, key('a'), Buffer.from('by 1.1'))), token));
  const session = connect(server.url);
  const stream = session.request({
    ':method': 'POST', ':path': new URL(`${it.data}/snapshot_read`).pathname, authorization: `Bearer ${token}`, 'content-type': 'application/x-protobuf',
  });
  stream.end(read(key('a')));
  const [headers] = await once(stream, 'response');
  assert.deepEqual([headers[':status'], headers['content-type']], [200, 'application/x-protobuf']);
  const output = parse(Buffer.concat(await stream.toArray()));
  assert.deepEqual([output[4], output[8]], [[1], [1]]); // strongly consistent, success
  assert.equal(parse(parse(output[1][0])[1][0])[2].toString(), 'by 1.1');
  session.destroy();
});

test('who may: nobody without a token, other organizations see nothing, viewers do not write', async () => {
  const it = await database(server);
  const other = await islet(server, '/organizations', { method: 'POST', json: { name: 'theirs' } });
  const [viewer, stranger] = [await newcomer(server.organizationId, 'viewer'), await newcomer(other.id, 'member')];
  for (const token of [null, '', 'x', server.token.slice(0, -1), server.token.slice(0, -1) + '~', `isl_${'0'.repeat(40)}`])
    await expectText(await exchange(server, it, { token }), 401, /access token is needed/);
  await expectText(await exchange(server, it, { token: stranger }), 404, /does not exist/);
  const unknown = { connect: it.connect.replace(it.id, crypto.randomUUID()) };
  await expectText(await exchange(server, unknown), 404, /does not exist/);

  const write = message(mutation(SET, key('a'), Buffer.from('1')));
  const looking = await dataToken(server, it, viewer);
  await bytesOf(await send(it, 'snapshot_read', read(key('a')), looking));
  await expectText(await send(it, 'atomic_write', write, looking), 403, /not write/);
  await expectText(await send(it, 'atomic_write', message(enqueue(Buffer.from('1'))), looking), 403, /not write/);
  assert.equal(await valueOf(it, looking, key('a')), null);
});

test('a token of the data path opens its database, and no other', async () => {
  const [it, other] = [await database(server), await database(server)];
  const token = await dataToken(server, it);
  const middle = token.length >> 1;
  const changed = token.slice(0, middle) + (token[middle] === 'A' ? 'B' : 'A') + token.slice(middle + 1);
  await bytesOf(await send(it, 'snapshot_read', read(key('a')), token));
  for (const bad of [null, 'x', token.slice(1), token.slice(0, -1), `${token}A`, changed, server.token, 'isolate'])
    for (const method of ['snapshot_read', 'atomic_write', 'watch'])
      await expectText(await send(it, method, read(key('a')), bad), 401, /not valid/);
  await expectText(await send(other, 'snapshot_read', read(key('a')), token), 401, /not valid/);
  assert.equal((await send(it, 'everything', Buffer.of(), token)).status, 404);
  assert.equal((await fetch(`${it.data}/snapshot_read`)).status, 405);
});

test('each limit is told in words, and what it refuses is not written', async () => {
  const it = await database(server);
  const token = await dataToken(server, it);
  const [a, byte] = [key('a'), Buffer.of(1)];
  const list = (count, make) => Array.from({ length: count }, (_, n) => make(key(String(n))));
  const sets = (count, data) => list(count, of => mutation(SET, of, data));
  const longest = Buffer.concat([Buffer.of(1), Buffer.alloc(2046, 1), Buffer.of(0)]); // 2048 bytes
  const tooLong = Buffer.concat([longest, byte]);
  const until = of => Buffer.concat([of, Buffer.of(0)]);
  const u64 = Buffer.alloc(8);
  const text = Buffer.from('ff0f22016', 'hex');
  const refused = {
    snapshot_read: [
      [message(range(a, Buffer.concat([tooLong, byte]))), /A key exceeds the key size limit/],
      [message(...list(11, of => range(of, until(of)))), /Too many read ranges requested in one read request/],
      [message(range(a, until(a), 501), range(a, until(a), 500)), /The total number of entries requested across read ranges/],
      [message(range(a, until(a), 0)), /The read range limit of the snapshot read request is invalid/],
      [message(range(a, until(a), -1)), /The read range limit of the snapshot read request is invalid/],
      [Buffer.from([0x0a, 0xff]), /no valid message/],
    ],
    atomic_write: [
      [message(mutation(SET, tooLong, byte)), /A key exceeds the key size limit/],
      [message(mutation(SET, Buffer.of(), byte)), /A key must not be empty/],
      [message(mutation(SET, a, Buffer.alloc(65_537))), /A value exceeds the value size limit/],
      [message(...list(101, of => check(of))), /Too many checks included in atomic write/],
      [message(...sets(1001, byte)), /Too many mutations \/ enqueues included in atomic write/],
      [message(...sets(13, Buffer.alloc(65_000))), /The total size of the atomic write is too large/],
      [message(...Array.from({ length: 41 }, () => mutation(SET, longest, byte))), /The total key size of the atomic write is too large/],
      [message(check(a, [1, 2, 3])), /versionstamp/i],
      [message(mutation(SET, a)), /Invalid mutation kind or arguments/],
      [message(mutation(0, a, byte)), /Invalid mutation kind or arguments/],
      [message(mutation(6, a, byte)), /Invalid mutation kind or arguments/],
      [message(mutation(SET, a, byte, 0)), /Unknown encoding/],
      [message(mutation(SUM, a, byte, U64)), /must have 8 bytes/],
      [message(mutation(SUM, a, text, V8)), /Some of the parameters are not valid V8 values/],
      [message(mutation(SET, a, byte), mutation(SUM, a, u64, U64)), /Failed to perform 'sum' mutation on a non-U64 value in the database/],
      [message([2, message([1, a], [2, message([1, byte], [2, BYTES])], [3, SET], [4, -2])]), /expiration time/],
      [message(mutation(SET, a, byte), enqueue(Buffer.alloc(65_537))), /A value exceeds the value size limit/],
      [message(mutation(SET, a, byte), enqueue(byte, [3, list(11, of => of)])), /Too many dead letter keys for a single queue message/],
      [message(mutation(SET, a, byte), enqueue(byte, [3, tooLong])), /A key exceeds the key size limit/],
      [message(mutation(SET, a, byte), enqueue(byte, [4, [1, 1, 1, 1, 1, 1]])), /Too many backoff intervals/],
      [message(mutation(SET, a, byte), enqueue(byte, [4, 3_600_001])), /A backoff interval exceeds/],
      [message(mutation(SET, a, byte), enqueue(byte, [2, Date.now() + 31 * 86_400_000])), /too far in the future/],
      [Buffer.concat([message(mutation(SET, a, byte)), Buffer.from([0x12, 0x7f])]), /no valid message/],
      [Buffer.alloc(2 << 20), /too large/],
    ],
    watch: [[message([1, list(11, of => message([1, of]))]), /Too many keys watched in a single watch request/]],
  };
  for (const [method, cases] of Object.entries(refused))
    for (const [body, text] of cases) await expectText(await send(it, method, body, token), 400, text);
  assert.equal(await valueOf(it, token, a), null);
  for (let n = 0; n < 40; n++) // the answer arrives, however much of the body is still to come
    await expectText(await send(it, 'atomic_write', Buffer.alloc(3 << 20), token), 400, /too large/);

  for (const body of [ // as far as one may go
    message(mutation(SET, longest, Buffer.alloc(65_536)), mutation(DELETE, longest)), message(...list(100, of => check(of))), message(...sets(1000, byte)),
    message(...sets(12, Buffer.alloc(65_536))), message(enqueue(byte, [2, Date.now() + 30 * 86_400_000], [4, [1, 1, 1, 1, 3_600_000]])),
  ]) assert.equal(parse(await bytesOf(await send(it, 'atomic_write', body, token)))[1][0], 1);
  await bytesOf(await send(it, 'snapshot_read', message(...list(10, of => range(of, until(longest), 100))), token));
});

test('a write whose check fails says which, and has no versionstamp', async () => {
  const it = await database(server);
  const token = await dataToken(server, it);
  const write = async (...parts) => parse(await bytesOf(await send(it, 'atomic_write', message(...parts), token)));
  const set = await write(check(key('a')), mutation(SET, key('a'), Buffer.from('1')));
  assert.deepEqual([set[1], set[2][0].length], [[1], 10]);
  const failed = await write(check(key('b')), check(key('a')), mutation(SET, key('b'), Buffer.from('2')));
  assert.deepEqual([failed[1], failed[2], [...failed[4][0]]], [[2], undefined, [1]]);
  assert.equal(await valueOf(it, token, key('b')), null);
  assert.deepEqual((await write(check(key('a'), set[2][0])))[1], [1]);
});

test('a watch: the whole state at once, frames for changes, pings between', async () => {
  const it = await database(server);
  const token = await dataToken(server, it);
  const hangUp = new AbortController();
  const answer = await send(it, 'watch', message([1, ['a', 'b'].map(name => message([1, key(name)]))]), token, hangUp.signal);
  assert.equal(answer.headers.get('content-type'), 'application/octet-stream');
  const frames = framesOf(answer.body);
  const next = async () => {
    for (;;) {
      const { value, done } = await frames.next();
      assert.equal(done, false);
      if (value.length > 0) return parse(value);
    }
  };
  const states = frame => frame[2].map(output => {
    const { 1: [changed], 2: [entry] = [] } = parse(output);
    return [changed, entry && parse(entry)[2].toString()];
  });
  const first = await next();
  assert.deepEqual([first[1], states(first)], [[1], [[1, undefined], [1, undefined]]]);
  await bytesOf(await send(it, 'atomic_write', message(mutation(SET, key('a'), Buffer.from('1')), mutation(SET, key('c'), Buffer.from('3'))), token));
  assert.deepEqual(states(await next()).map(([, value]) => value), ['1', undefined]);
  await bytesOf(await send(it, 'atomic_write', message(mutation(DELETE, key('a')), mutation(SET, key('b'), Buffer.from('2'))), token));
  assert.deepEqual(states(await next()).map(([, value]) => value), [undefined, '2']);
  const hung = setTimeout(() => hangUp.abort(), PING_LIMIT_MS);
  assert.equal((await frames.next()).value.length, 0);
  clearTimeout(hung);
  hangUp.abort();
});

test('a watch ends when the server stops', async () => {
  const it = await database(server);
  const answer = await send(it, 'watch', message([1, message([1, key('a')])]), await dataToken(server, it));
  const ended = answer.arrayBuffer().then(() => 'ended', () => 'broken');
  await server.restart();
  assert.match(await ended, /ended|broken/);
});

/** Each frame behind its length of four bytes. */
async function* framesOf(body) {
  let rest = Buffer.of();
  for await (const piece of body) {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE()) {
      const end = 4 + rest.readUInt32LE();
      yield rest.subarray(4, end);
      rest = rest.subarray(end);
    }
  }
}
