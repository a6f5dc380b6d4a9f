// Deno.openKv() in deployments: the database of the deployment, and no other.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from './support/server.mjs';
import { database, inside } from './support/kv.mjs';

let server;
before(async () => {
  server = await Server.start({ idleSeconds: 30 });
});
after(() => server?.close());

test('what was set is read back, each with the versionstamp of its commit', async () => {
  const app = await inside(server, await database(server));
  const { set, got, many, gone } = await app.run(async () => {
    const kv = await Deno.openKv();
    const set = await kv.set(['a', 1], { deep: [true] });
    const got = await kv.get(['a', 1]);
    const many = await kv.getMany([['none'], ['a', 1]]);
    await kv.delete(['a', 1]);
    return { set, got, many, gone: await kv.get(['a', 1]) };
  });
  assert.match(set.versionstamp, /^[0-9a-f]{16}0000$/);
  assert.deepEqual(got, { key: ['a', 1], value: { deep: [true] }, versionstamp: set.versionstamp });
  assert.deepEqual(many, [{ key: ['none'], value: null, versionstamp: null }, got]);
  assert.deepEqual(gone, { key: ['a', 1], value: null, versionstamp: null });
});

test('values of every kind come back as they were', async () => {
  const app = await inside(server, await database(server));
  assert.equal(await app.run(async () => {
    const kv = await Deno.openKv();
    const circle = { map: new Map([[1n, new Set(['x'])]]), date: new Date(5), bytes: new Uint8Array([0, 255]), none: undefined };
    circle.self = circle;
    await kv.set(['v'], circle);
    return Deno.inspect((await kv.get(['v'])).value) === Deno.inspect(circle);
  }), true);
});

test('a list has its order, bounds, limit, direction and cursor, whatever the batches', async () => {
  const app = await inside(server, await database(server));
  const lists = await app.run(async () => {
    const kv = await Deno.openKv();
    const all = kv.atomic().set(['a'], 'not below a prefix').set(['b', 1], '').set(['c', 1], '');
    for (let n = 0; n < 10; n++) all.set(['b', 'n', n], n);
    await all.commit();
    const values = async (selector, options) => (await Array.fromAsync(kv.list(selector, options))).map(({ value }) => value);
    const first = kv.list({ prefix: ['b', 'n'] }, { limit: 3 });
    await Array.fromAsync(first);
    return {
      prefix: await values({ prefix: ['b', 'n'] }),
      batches: await values({ prefix: ['b', 'n'] }, { batchSize: 3 }),
      start: await values({ prefix: ['b', 'n'], start: ['b', 'n', 7] }),
      end: await values({ prefix: ['b', 'n'], end: ['b', 'n', 2] }),
      range: await values({ start: ['b', 'n', 2], end: ['b', 'n', 4] }),
      reverse: await values({ prefix: ['b', 'n'] }, { reverse: true, limit: 3, batchSize: 2 }),
      after: await values({ prefix: ['b', 'n'] }, { cursor: first.cursor, limit: 2 }),
    };
  });
  const numbers = Array.from({ length: 10 }, (_, n) => n);
  assert.deepEqual(lists, {
    prefix: numbers, batches: numbers, start: [7, 8, 9], end: [0, 1], range: [2, 3], reverse: [9, 8, 7], after: [3, 4],
  });
});

test('what has expired is absent at once: read, listed, checked', async () => {
  const app = await inside(server, await database(server));
  assert.deepEqual(await app.run(async () => {
    const kv = await Deno.openKv();
    await kv.set(['e'], 1, { expireIn: 1_000 });
    await kv.set(['stays'], 1, { expireIn: 1_000 });
    await kv.set(['stays'], 2); // without one: for ever
    const before = (await kv.get(['e'])).value;
    await new Promise(done => setTimeout(done, 1_020));
    return [
      before, (await kv.get(['e'])).value, (await Array.fromAsync(kv.list({ prefix: [] }))).map(({ key }) => key),
      (await kv.atomic().check({ key: ['e'], versionstamp: null }).set(['e'], 2).commit()).ok,
    ];
  }), [1, null, [['stays']], true]);
});

test('an atomic operation: checks, sums and limits of KvU64, all of it or nothing', async () => {
  const app = await inside(server, await database(server));
  assert.deepEqual(await app.run(async () => {
    const kv = await Deno.openKv();
    const value = async (...key) => (await kv.get(key)).value;
    const { versionstamp } = await kv.set(['text'], 'a');
    const seen = [];
    seen.push((await kv.atomic().check({ key: ['text'], versionstamp: null }).set(['text'], 'b').commit()).ok, await value('text'));
    seen.push((await kv.atomic().check({ key: ['text'], versionstamp }).set(['text'], 'b').commit()).ok, await value('text'));
    await kv.atomic().sum(['n'], 5n).sum(['n'], 2n ** 64n - 1n).commit();
    seen.push(await value('n'));
    await kv.atomic().min(['n'], 3n).max(['m'], 9n).max(['m'], 8n).delete(['text']).commit();
    seen.push(await value('n'), await value('m'), await value('text'));
    const failed = await kv.atomic().set(['half'], 1).set(['x'], 'text').sum(['x'], 1n).commit().catch(error => error.message);
    seen.push(failed.includes("Failed to perform 'sum' mutation on a non-U64 value in the database"), await value('half'));
    return seen;
  }), [false, 'a', true, 'b', 'u64 4', 'u64 3', 'u64 9', null, true, null]);
});

test('two programs add to one number by twenty handles, and nothing is lost', async () => {
  const shared = await database(server);
  const apps = [await inside(server, shared), await inside(server, shared)];
  await Promise.all(apps.map(app => app.run(async () => {
    const handles = await Promise.all(Array.from({ length: 10 }, () => Deno.openKv()));
    for (let n = 0; n < 10; n++) await Promise.all(handles.map(kv => kv.atomic().sum(['n'], 1n).commit()));
    handles.forEach(kv => kv.close());
  })));
  assert.equal(await apps[0].run(async () => (await (await Deno.openKv()).get(['n'])).value), 'u64 200');
});

test('a program may open a handle for each of its requests', async () => {
  const app = await inside(server, await database(server));
  assert.equal(await app.run(async () => {
    for (let n = 0; n < 20; n++)
      await Promise.all(Array.from({ length: 30 }, async () => (await Deno.openKv()).close())); // each asks for the name again
    return 'opened';
  }), 'opened');
});

test('a watch tells what stands there, then each change by whoever made it', async () => {
  const shared = await database(server);
  const [watching, writing] = [await inside(server, shared), await inside(server, shared)];
  assert.deepEqual(await watching.run(async () => {
    globalThis.kv = await Deno.openKv();
    globalThis.watch = globalThis.kv.watch([['a'], ['b']]).getReader();
    return (await globalThis.watch.read()).value.map(({ value }) => value);
  }), [null, null]);
  await writing.run(async () => {
    const kv = await Deno.openKv();
    await kv.atomic().set(['a'], 1).set(['b'], 2).commit();
  });
  assert.deepEqual(await watching.run(async () => (await globalThis.watch.read()).value.map(({ value }) => value)), [1, 2]);
});

test('hundreds of watches of one handle hold up nothing else, and one too many is told so', async () => {
  const app = await inside(server, await database(server));
  assert.deepEqual(await app.run(async () => {
    const kv = await Deno.openKv();
    const watches = globalThis.watches = Array.from({ length: 300 }, (_, n) => kv.watch([['w', n]]).getReader());
    const next = () => Promise.all(watches.map(async watch => (await watch.read()).value[0].value));
    const before = await next();
    await Promise.all(watches.map((_, n) => kv.set(['w', n], n)));
    return [before.every(value => value === null), (await next()).every((value, n) => value === n)];
  }), [true, true]);
  assert.deepEqual(await app.run(async () => {
    const kv = await Deno.openKv();
    const watches = globalThis.more = Array.from({ length: 530 }, (_, n) => kv.watch([['w', n]]).getReader());
    const begun = await Promise.allSettled(watches.map(watch => watch.read()));
    const refused = begun.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
    await kv.set(['w', 'other'], 'set');
    const other = (await kv.get(['w', 'other'])).value;
    await Promise.all(watches.map(watch => watch.cancel().catch(() => {})));
    return [refused.length, refused.every(text => text.includes('Too many watches on one connection (max 512)')), other];
  }), [18, true, 'set']);
});

test('a database in memory stays in its isolate', async () => {
  for (const app of [await inside(server, await database(server)), await inside(server, null)]) {
    assert.deepEqual(await app.run(async () => {
      const memory = await Deno.openKv(':memory:');
      const other = await Deno.openKv(':memory:');
      await memory.set(['m'], 1);
      return [(await memory.get(['m'])).value, (await other.get(['m'])).value];
    }), [1, null]);
    await app.run(async () => (await (await Deno.openKv()).get(['m'])).value)
      .then(value => assert.equal(value, null), error => assert.match(error.message, /no KV database is attached/));
  }
});

test('files are refused, with a database and without', async () => {
  for (const app of [await inside(server, await database(server)), await inside(server, null)])
    for (const path of ['name', './x.db', '/tmp/x.db', ''])
      await assert.rejects(app.run(path => Deno.openKv(path).then(() => 'opened'), path), { name: 'TypeError', message: /no KV database is attached/ });
});

test('a deployment without a database is told so', async () => {
  const app = await inside(server, null);
  await assert.rejects(app.run(() => Deno.openKv()), { name: 'TypeError', message: /no KV database is attached/ });
});

test('the database of another deployment is not reachable, whatever is asked for', async () => {
  const [mine, theirs] = [await database(server), await database(server)];
  const [app, stranger, none] = [await inside(server, mine), await inside(server, theirs), await inside(server, null)];
  await stranger.run(async () => {
    const kv = await Deno.openKv();
    await kv.set(['secret'], 'theirs');
  });
  const ask = async (http2, paths) => {
    const client = Deno.createHttpClient(http2 ? { http1: false, http2: true } : { http2: false });
    const host = http2 ? 'kv.islet.internal' : 'queue.islet.internal';
    const answers = {};
    for (const path of paths) {
      const answer = await fetch(`http://${host}${path}`, { method: 'POST', client, headers: { authorization: 'Bearer isolate' } }).catch(error => error);
      answers[path] = answer.status ?? String(answer);
      await answer.body?.cancel();
    }
    return answers;
  };
  const tampered = [
    `/databases/${theirs.id}/connect`, `/databases/${theirs.id}/kv/v3/snapshot_read`, `/databases/${theirs.id}/kv/v3/atomic_write`,
    `/databases/${theirs.id}/kv/v3/watch`, `/databases/${mine.id}/../${theirs.id}/kv/v3/snapshot_read`,
    `/databases/${mine.id}%2F..%2F${theirs.id}/kv/v3/snapshot_read`, `/databases//${theirs.id}/connect`, '/databases/', '/', '/healthz', '/v1/organizations',
  ];
  const own = `/databases/${mine.id}/kv/v3/snapshot_read`;
  for (const http2 of [true, false]) {
    const found = await app.run(ask, http2, [...tampered, own]);
    assert.deepEqual(found, { ...Object.fromEntries(tampered.map(path => [path, 404])), [own]: 200 }, `HTTP/2: ${http2}`);
    const without = await none.run(ask, http2, [own, '/listen', '/finish?id=1&ok=1']);
    assert.deepEqual(Object.values(without), [404, 404, 404]);
  }
  const path = `http://kv.islet.internal/databases/${theirs.id}/connect`;
  await assert.rejects(app.run(path => Deno.openKv(path).then(kv => kv.get(['secret'])), path), { name: 'TypeError', message: /404/ });
});

test('permissions.net of nothing lets the database and its queue through', async () => {
  const app = await inside(server, await database(server), { permissions: { net: [] } });
  assert.equal(await app.run(async () => {
    const kv = await Deno.openKv();
    await kv.set(['a'], 1);
    const { promise, resolve } = Promise.withResolvers();
    const listening = kv.listenQueue(resolve);
    await kv.enqueue('came');
    const message = await promise;
    kv.close();
    await listening;
    return message;
  }), 'came');
});

test('what was answered is there after kill -9 of the server', async () => {
  const app = await inside(server, await database(server));
  await app.run(async () => {
    const kv = await Deno.openKv();
    for (let n = 0; n < 50; n++) await kv.set(['n', n], n);
  });
  await server.kill();
  await server.boot();
  assert.equal(await app.run(async () => {
    const kv = await Deno.openKv();
    return (await Array.fromAsync(kv.list({ prefix: ['n'] }))).length;
  }), 50);
});
