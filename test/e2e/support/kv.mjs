// KV databases: made, used by programs, and spoken to in raw messages (KV Connect, which is protobuf over HTTP).
import assert from 'node:assert/strict';
import { client, deployed } from './deploy.mjs';

/** A new database: { id, connect, data }, the latter two where clients from outside begin and where they then go. */
export async function database(server, organization = server.organizationId) {
  const { id } = await client(server).organizations.databases.create(organization, {});
  return { id, connect: `${server.url}/databases/${id}/connect`, data: `${server.url}/databases/${id}/kv/v3` };
}

/**
 * A program that runs functions of the test inside of the slot: `run(fn, ...args)` gives what `fn` returned, as JSON with
 * bigints as texts `5n`, or throws what it threw. They see nothing but their arguments and what they keep in `globalThis`.
 */
export async function inside(server, database, options = {}) {
  const app = await deployed(server, { 'main.ts': EVALUATE }, { ...database && { databases: { default: database.id } }, ...options });
  app.run = async (fn, ...args) => {
    const answer = await app.visit('/', { method: 'POST', body: JSON.stringify({ source: String(fn), args }) });
    assert.equal(answer.status, 200, answer.text);
    const { result, error } = answer.json();
    if (error) throw Object.assign(new Error(error.message), { name: error.name });
    return result;
  };
  return app;
}

const EVALUATE = `
  const seen = (_, value) => typeof value === 'bigint' ? value + 'n' : value instanceof Deno.KvU64 ? 'u64 ' + value.value : value;
  Deno.serve(async request => {
    const { source, args } = await request.json();
    try {
      const result = await (0, eval)('(' + source + ')')(...args) ?? null;
      return new Response(JSON.stringify({ result }, seen));
    } catch (error) {
      return Response.json({ error: { name: error.constructor.name, message: error.message } });
    }
  });`;

/** The first call of a client. */
export function exchange(server, database, { token = server.token, versions = [1, 2, 3], body = JSON.stringify({ supportedVersions: versions }) } = {}) {
  return fetch(database.connect, { method: 'POST', headers: bearer(token), body });
}

/** A token of the data path. */
export async function dataToken(server, database, token) {
  const answer = await exchange(server, database, { token });
  assert.equal(answer.status, 200);
  return (await answer.json()).token;
}

/** A call of the data path. */
export function send(database, method, body, token, signal) {
  return fetch(`${database.data}/${method}`, {
    method: 'POST', body, signal,
    headers: {
      ...bearer(token), 'content-type': 'application/x-protobuf', 'x-denokv-database-id': database.id, 'x-denokv-version': '3',
    },
  });
}

const bearer = token => token === null ? {} : { authorization: `Bearer ${token}` };

/** A message: [field, number | bytes | list of either] … */
export const message = (...fields) => Buffer.concat(fields.flatMap(([field, values]) => [values].flat().map(value =>
  typeof value === 'number'
    ? Buffer.from([...varint(field << 3), ...varint(value)])
    : Buffer.concat([Buffer.from([...varint(field << 3 | 2), ...varint(value.length)]), value]))));

function varint(value) {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
}

/** { field: [number | bytes …] } of a message; bytes are not looked into. */
export function parse(bytes) {
  const fields = {};
  let at = 0;
  const number = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < bytes.length) {
    const tag = number();
    const value = number();
    (fields[tag >> 3] ??= []).push((tag & 7) === 0 ? value : bytes.subarray(at, at += value));
  }
  return fields;
}

/** A key of texts. */
export const key = (...parts) => Buffer.concat(parts.map(part => Buffer.concat([Buffer.of(2), Buffer.from(part), Buffer.of(0)])));

export const SET = 1, DELETE = 2, SUM = 3;
export const V8 = 1, U64 = 2, BYTES = 3;
export const check = (of, versionstamp = []) => [1, message([1, of], [2, Buffer.from(versionstamp)])];
export const mutation = (kind, of, data, encoding = BYTES) =>
  [2, message([1, of], ...data === undefined ? [] : [[2, message([1, data], [2, encoding])]], [3, kind])];
export const enqueue = (payload, ...more) => [3, message([1, payload], ...more)];
export const range = (start, end, limit = 1) => [1, message([1, start], [2, end], [3, limit])];
export const read = (...keys) => message(...keys.map(of => range(of, Buffer.concat([of, Buffer.of(0)]))));
