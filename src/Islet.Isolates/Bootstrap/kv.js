// Loaded before programs that have a KV database. Deno's own client does the reading, writing and watching; it knows no
// queues of a remote database, so they are made here: enqueue, and what is committed with it, goes as the message
// AtomicWrite of KV Connect; listenQueue is a stream of messages. It is no wall: the platform knows this isolate by its
// network, whatever is asked for here.
{
  const base = "http://queue.islet.internal";
  const data = `${base}${new URL(Deno.env.get("DENO_KV_DEFAULT_PATH")).pathname.replace(/connect$/, "kv/v3/atomic_write")}`;
  const { serialize, deserialize } = Deno[Deno.internal].core;
  const { apply } = Reflect;
  const { fetch, TextEncoder, TextDecoderStream, AbortController, setTimeout, console } = globalThis;
  const now = Date.now;
  const utf8 = new TextEncoder();
  const native = Object.getOwnPropertyDescriptor(Deno, "openKv");
  const { AtomicOperation, Kv, KvU64 } = Deno;
  const { BadResource } = Deno.errors;
  const ofKv = Object.getOwnPropertyDescriptors(Kv.prototype);
  const ofAtomic = Object.getOwnPropertyDescriptors(AtomicOperation.prototype);
  const call = (of, name, self, ...args) => apply(of[name].value, self, args);
  const define = (target, name, value) => Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });

  const opened = new WeakMap(); // handles of the platform's database → their end
  const operations = new WeakMap(); // their atomic operations → what was asked for

  // Messages of protobuf: arrays of bytes that are joined at the end.
  const varint = (value) => {
    const bytes = [];
    for (let rest = BigInt(value); ; rest >>= 7n) {
      if (rest < 0x80n) return bytes.push(Number(rest)), bytes;
      bytes.push(Number(rest & 0x7fn) | 0x80);
    }
  };
  const join = (parts) => {
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) bytes.set(part, at), at += part.length;
    return bytes;
  };
  const number = (field, value) => join([varint(field << 3), varint(value)]);
  const bytes = (field, value) => join([varint((field << 3) | 2), varint(value.length), value]);

  // Keys, in the order of FoundationDB's tuples.
  const escaped = (tag, data) => {
    const out = [tag];
    for (const byte of data) byte === 0 ? out.push(0, 0xff) : out.push(byte);
    return [...out, 0];
  };
  const magnitude = (value) => {
    const out = [];
    for (; value > 0n; value >>= 8n) out.unshift(Number(value & 0xffn));
    return out;
  };
  const keyPart = (part) => {
    if (part instanceof Uint8Array) return escaped(0x01, part);
    switch (typeof part) {
      case "string":
        return escaped(0x02, utf8.encode(part));
      case "boolean":
        return [part ? 0x27 : 0x26];
      case "number": {
        const out = new Uint8Array(8);
        new DataView(out.buffer).setFloat64(0, part);
        if (out[0] & 0x80) for (let n = 0; n < 8; n++) out[n] ^= 0xff;
        else out[0] ^= 0x80;
        return [0x21, ...out];
      }
      case "bigint": {
        const out = magnitude(part < 0n ? -part : part);
        if (out.length > 255) throw new TypeError("A bigint in a key must not have more than 255 bytes");
        const complement = part < 0n ? out.map((byte) => byte ^ 0xff) : out;
        if (out.length <= 8) return [part < 0n ? 0x14 - out.length : 0x14 + out.length, ...complement];
        return part < 0n ? [0x0b, out.length ^ 0xff, ...complement] : [0x1d, out.length, ...complement];
      }
      default:
        throw new TypeError("A part of a key must be a Uint8Array, string, number, bigint or boolean");
    }
  };
  const keyOf = (key) => new Uint8Array(key.flatMap(keyPart));
  const v8 = (value) => serialize(value, { forStorage: true });
  const u64 = (value) => {
    const out = new Uint8Array(8);
    new DataView(out.buffer).setBigUint64(0, value, true);
    return out;
  };
  const valueOf = (value) => {
    const [data, encoding] = value instanceof Uint8Array ? [value, 3] : value instanceof KvU64 ? [u64(value.value), 2] : [v8(value), 1];
    return join([bytes(1, data), number(2, encoding)]);
  };
  const versionstamp = (text) => new Uint8Array(text.match(/../g).map((pair) => parseInt(pair, 16)));

  const encodeCheck = ({ key, versionstamp: stamp }) =>
    bytes(1, join([bytes(1, keyOf(key)), stamp === null || stamp === undefined ? [] : bytes(2, versionstamp(stamp))]));
  const kinds = { set: 1, delete: 2, sum: 3, max: 4, min: 5 };
  const encodeMutation = ({ type, key, value, expireIn }) => {
    const suffixed = type === "set" && typeof key.at(-1) === "symbol"; // kv.commitVersionstamp()
    return bytes(2, join([
      bytes(1, keyOf(suffixed ? key.slice(0, -1) : key)),
      type === "delete" ? [] : bytes(2, valueOf(value)),
      number(3, suffixed ? 9 : kinds[type]),
      typeof expireIn === "number" ? number(4, Math.floor(now() + expireIn)) : [],
    ]));
  };
  const encodeEnqueue = ({ value, options = {} }) =>
    bytes(3, join([
      bytes(1, v8(value)),
      number(2, Math.floor(now() + (options.delay ?? 0))),
      ...(options.keysIfUndelivered ?? []).map((key) => bytes(3, keyOf(key))),
      ...(options.backoffSchedule ?? []).map((interval) => number(4, Math.floor(interval))),
    ]));

  // AtomicWriteOutput: 1 status, 2 versionstamp.
  const decodeOutput = (message) => {
    let status = 0, stamp = null;
    for (let at = 0; at < message.length;) {
      const tag = message[at++];
      if ((tag & 7) === 0) {
        const value = message[at++];
        if (tag >> 3 === 1) status = value;
        continue;
      }
      const length = message[at++];
      if (tag >> 3 === 2) stamp = Array.from(message.subarray(at, at + length), (byte) => byte.toString(16).padStart(2, "0")).join("");
      at += length;
    }
    return status === 1 ? { ok: true, versionstamp: stamp } : { ok: false };
  };

  const commit = async ({ end, checks, mutations, enqueues }) => {
    if (end.signal.aborted) throw new BadResource("Bad resource ID");
    const body = join([...checks.map(encodeCheck), ...mutations.map(encodeMutation), ...enqueues.map(encodeEnqueue)]);
    for (let attempt = 0; ; attempt++) {
      const answer = await fetch(data, { method: "POST", headers: { "content-type": "application/x-protobuf" }, body }).catch((error) => error);
      if (answer.status === 200) return decodeOutput(new Uint8Array(await answer.arrayBuffer()));
      if (answer.status < 500) throw new Error(`Could not commit to Deno KV: ${await answer.text()}`);
      await answer.body?.cancel();
      if (attempt === 10) throw new Error("Could not commit to Deno KV: the database is not available");
      await new Promise((resolve) => setTimeout(resolve, 100 * (attempt + 1)));
    }
  };

  // What the native operation checks stays its own; it is only written down beside it.
  const record = (name, take) =>
    define(AtomicOperation.prototype, name, function (...args) {
      const result = call(ofAtomic, name, this, ...args);
      const asked = operations.get(this);
      if (asked) take(asked, ...args);
      return result;
    });
  record("check", (asked, ...checks) => asked.checks.push(...checks));
  record("mutate", (asked, ...mutations) => asked.mutations.push(...mutations));
  record("set", (asked, key, value, options) => asked.mutations.push({ type: "set", key, value, expireIn: options?.expireIn }));
  record("delete", (asked, key) => asked.mutations.push({ type: "delete", key }));
  for (const type of ["sum", "min", "max"]) record(type, (asked, key, value) => asked.mutations.push({ type, key, value: new KvU64(value) }));
  record("enqueue", (asked, value, options) => asked.enqueues.push({ value, options }));
  define(AtomicOperation.prototype, "commit", function () {
    const asked = operations.get(this);
    return asked?.enqueues.length > 0 ? commit(asked) : call(ofAtomic, "commit", this);
  });

  define(Kv.prototype, "atomic", function () {
    const operation = call(ofKv, "atomic", this);
    const end = opened.get(this);
    if (end) operations.set(operation, { end, checks: [], mutations: [], enqueues: [] });
    return operation;
  });
  define(Kv.prototype, "enqueue", function (value, options) {
    if (!opened.has(this)) return call(ofKv, "enqueue", this, value, options);
    return (async () => await this.atomic().enqueue(value, options).commit())();
  });

  const deliver = async ({ id, payload }, handler) => {
    let ok = 1;
    try {
      await handler(deserialize(Uint8Array.fromBase64(payload), { forStorage: true }));
    } catch (error) {
      console.error("Exception in queue handler", error);
      ok = 0;
    }
    for (let attempt = 0; attempt < 10; attempt++) {
      const answer = await fetch(`${base}/finish?id=${id}&ok=${ok}`, { method: "POST" }).catch(() => null);
      await answer?.body?.cancel();
      if (answer !== null && answer.status < 500) return;
      await new Promise((resolve) => setTimeout(resolve, 100 * (attempt + 1)));
    }
  };
  const listen = async (handler, signal) => {
    const answer = await fetch(`${base}/listen`, { method: "POST", signal });
    if (answer.status !== 200) throw new Error(`The queue cannot be listened to: ${await answer.text()}`);
    let rest = "";
    for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line !== "") deliver(JSON.parse(line), handler);
    }
  };
  define(Kv.prototype, "listenQueue", async function (handler) {
    const end = opened.get(this);
    if (end === undefined) return await call(ofKv, "listenQueue", this, handler);
    while (!end.signal.aborted) {
      try {
        await listen(handler, end.signal);
      } catch (error) {
        if (!end.signal.aborted) console.error("Listening to the queue broke, beginning again", error);
      }
      if (!end.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });
  for (const name of ["close", Symbol.dispose])
    define(Kv.prototype, name, function () {
      opened.get(this)?.abort();
      return call(ofKv, name, this);
    });

  const openKv = async (path) => {
    const kv = await apply(native.get ? apply(native.get, Deno, []) : native.value, Deno, [path]);
    if (path === undefined) opened.set(kv, new AbortController());
    return kv;
  };
  Object.defineProperty(Deno, "openKv", { value: openKv, writable: true, enumerable: true, configurable: true });
}
