// Queues of KV databases: messages that programs send one another, at least once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openKv } from '@deno/kv';
import { program } from './support/deploy.mjs';
import { database, inside } from './support/kv.mjs';
import { eventually } from './support/logs.mjs';
import { Server } from './support/server.mjs';

const LEASE_MS = 5_000;

let server;
before(async () => {
  server = await Server.start({ idleSeconds: 60 });
});
after(() => server?.close());

/** Keeps what comes in `globalThis.got`. */
const listen = async () => {
  globalThis.kv = await Deno.openKv();
  globalThis.got = [];
  globalThis.kv.listenQueue(message => void globalThis.got.push(message));
};
const got = app => app.run(() => globalThis.got);
const send = async (...messages) => {
  const kv = await Deno.openKv();
  for (const message of messages) await kv.enqueue(message);
  kv.close();
};

test('messages reach who listens, as they were, from whichever program', async () => {
  const shared = await database(server);
  const [listening, sending] = [await inside(server, shared), await inside(server, shared)];
  await listening.run(async () => {
    globalThis.got = [];
    (await Deno.openKv()).listenQueue(message => void globalThis.got.push(Deno.inspect(message)));
  });
  const sent = await sending.run(async () => {
    const kv = await Deno.openKv();
    return kv.enqueue({ date: new Date(5), big: 5n, map: new Map([[1, new Uint8Array([0])]]) });
  });
  assert.equal(sent.ok, true);
  assert.match(sent.versionstamp, /^[0-9a-f]{20}$/);
  await eventually(async () => (await got(listening)).length > 0);
  assert.deepEqual(await got(listening), ['{\n  date: 1970-01-01T00:00:00.005Z,\n  big: 5n,\n  map: Map(1) { 1 => Uint8Array(1) [ 0 ] }\n}']);
});

test('a delayed message comes when it is due, and not before', async () => {
  const app = await inside(server, await database(server));
  await app.run(listen);
  assert.equal(await app.run(async () => {
    const began = Date.now();
    await globalThis.kv.enqueue('later', { delay: 800 });
    await globalThis.kv.enqueue('now');
    while (globalThis.got.length < 2) await new Promise(done => setTimeout(done, 10));
    return Date.now() - began >= 800;
  }), true);
  assert.deepEqual(await got(app), ['now', 'later']);
});

test('what is enqueued in an atomic operation is sent when that succeeds', async () => {
  const app = await inside(server, await database(server));
  await app.run(listen);
  assert.deepEqual(await app.run(async () => {
    const { kv } = globalThis;
    const attempt = text => kv.atomic().check({ key: ['once'], versionstamp: null })
      .set(['once'], text).set(['log', kv.commitVersionstamp()], text).sum(['n'], 3n).delete(['none']).enqueue(text).enqueue(text + ' too').commit();
    const results = [(await attempt('first')).ok, (await attempt('second')).ok];
    await kv.enqueue('end');
    while (!globalThis.got.includes('end')) await new Promise(done => setTimeout(done, 10));
    return [...results, (await kv.get(['once'])).value, (await kv.get(['n'])).value, globalThis.got.sort(),
      (await Array.fromAsync(kv.list({ prefix: ['log'] }))).every(({ key, versionstamp }) => key[1] === versionstamp)];
  }), [true, false, 'first', 'u64 3', ['end', 'first', 'first too'], true]);
});

test('a handler that fails is asked again by its schedule, then the message is put aside', async () => {
  const app = await inside(server, await database(server));
  assert.deepEqual(await app.run(async () => {
    const kv = await Deno.openKv();
    let tries = 0;
    kv.listenQueue(async () => {
      tries++;
      throw new Error('not today');
    });
    await kv.enqueue({ what: 'hopeless' }, { backoffSchedule: [50, 100], keysIfUndelivered: [['dead', 1], ['dead', 2]] });
    while ((await kv.get(['dead', 1])).value === null) await new Promise(done => setTimeout(done, 20));
    await new Promise(done => setTimeout(done, 300));
    return [tries, ...await Array.fromAsync(kv.list({ prefix: ['dead'] }), ({ key, value }) => [key[1], value.what])];
  }), [3, [1, 'hopeless'], [2, 'hopeless']]);
});

test('many messages are handled at once, but not more than a hundred, and each one once', async () => {
  const app = await inside(server, await database(server));
  const { handled, most } = await app.run(async () => {
    const kv = await Deno.openKv();
    let [handled, running, most] = [new Set(), 0, 0];
    kv.listenQueue(async n => {
      most = Math.max(most, ++running);
      await new Promise(done => setTimeout(done, 100));
      running--;
      if (handled.has(n)) throw new Error('twice');
      handled.add(n);
    });
    for (let batch = 0; batch < 10; batch++) {
      const operation = kv.atomic();
      for (let n = 0; n < 30; n++) operation.enqueue(batch * 30 + n);
      await operation.commit();
    }
    while (handled.size < 300) await new Promise(done => setTimeout(done, 20));
    return { handled: handled.size, most };
  });
  assert.equal(handled, 300);
  assert.ok(most > 10 && most <= 100, `${most} at once`);
});

test('each message goes to one of those who listen', async () => {
  const shared = await database(server);
  const [one, other] = [await inside(server, shared), await inside(server, shared)];
  for (const app of [one, other]) await app.run(listen);
  const numbers = Array.from({ length: 40 }, (_, n) => n);
  await one.run(send, ...numbers);
  const all = async () => [...await got(one), ...await got(other)].sort((a, b) => a - b);
  await eventually(async () => (await all()).length >= 40);
  assert.deepEqual(await all(), numbers);
});

test('a closed handle is given nothing more; what was handled as it closed does not come again', async () => {
  const app = await inside(server, await database(server));
  assert.deepEqual(await app.run(async () => {
    const first = await Deno.openKv();
    const seen = [];
    const { promise, resolve } = Promise.withResolvers();
    const listening = first.listenQueue(message => (seen.push(`first ${message}`), resolve()));
    await first.enqueue('a');
    await promise;
    first.close();
    await listening;
    seen.push(await first.enqueue('never').catch(error => error.name));

    const second = await Deno.openKv();
    second.listenQueue(message => void seen.push(`second ${message}`));
    await second.enqueue('b');
    await new Promise(done => setTimeout(done, 2_500)); // long enough for a lost one to come again
    return seen;
  }), ['first a', 'BadResource', 'second b']);
});

test('an isolate that dies while it handles a message: the next one is given it', async () => {
  const app = await program(server, `
    const kv = await Deno.openKv();
    kv.listenQueue(async text => {
      const { value } = await kv.get(['tries']);
      await kv.set(['tries'], (value ?? 0) + 1);
      if (!value) Deno.exit(3);
      await kv.set(['done'], text);
    });
    Deno.serve(async request => {
      if (request.method === 'POST') await kv.enqueue('fragile');
      return Response.json((await kv.getMany([['tries'], ['done']])).map(({ value }) => value));
    });`, { databases: { default: (await database(server)).id } });
  await app.visit('/', { method: 'POST' }).catch(() => null); // its isolate may be gone before it has answered
  await eventually(async () => (await app.visit('/')).text === '[2,"fragile"]', LEASE_MS * 4);
});

test('a restart of the server loses no message: those that waited, and those that were being handled', async () => {
  const shared = await database(server);
  const [first, sending] = [await inside(server, shared), await inside(server, shared)];
  await first.run(async () => {
    globalThis.got = 0;
    (await Deno.openKv()).listenQueue(() => (globalThis.got++, new Promise(() => {})));
  });
  await sending.run(send, 'being handled');
  await eventually(async () => await got(first) === 1);
  await sending.run(async () => {
    const kv = await Deno.openKv();
    await kv.enqueue('waits', { delay: 1_000 });
  });
  await server.restart();
  await first.run(listen);
  await eventually(async () => (await got(first)).length >= 2, LEASE_MS * 4);
  assert.deepEqual((await got(first)).sort(), ['being handled', 'waits']);
});

test('a message from outside, by the npm client, reaches the program', async () => {
  const shared = await database(server);
  const app = await inside(server, shared);
  await app.run(listen);
  const kv = await openKv(shared.connect, { accessToken: server.token });
  assert.equal((await kv.enqueue({ from: 'outside' })).ok, true);
  kv.close();
  await eventually(async () => (await got(app)).length > 0);
  assert.deepEqual(await got(app), [{ from: 'outside' }]);
});

test('nobody tells the end of a message that another isolate handles', async () => {
  const shared = await database(server);
  const [handling, meddling] = [await inside(server, shared), await inside(server, shared)];
  await handling.run(async () => {
    globalThis.got = [];
    (await Deno.openKv()).listenQueue(message => (globalThis.got.push(message), new Promise(() => {})));
  });
  await meddling.run(send, 'mine');
  await eventually(async () => (await got(handling)).length === 1);
  assert.deepEqual(await meddling.run(async () => {
    const statuses = new Set();
    for (const id of ['', 'x', '-1', ...Array(50).keys()]) {
      const answer = await fetch(`http://queue.islet.internal/finish?id=${id}&ok=1`, { method: 'POST' });
      await answer.body?.cancel();
      statuses.add(answer.status);
    }
    return [...statuses];
  }), [404]);
});
