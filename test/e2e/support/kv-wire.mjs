// KV Connect as bytes, over HTTP/1.1: for tests that must know which of their writes were answered. Clients that retry cannot tell.
import assert from 'node:assert/strict';
import { call, expectJson } from './wire.mjs';

const SET = 1, SUM = 3;
const BYTES = 3, U64 = 2;

export async function createDatabase(server) {
  return (await expectJson(await call(server, `/organizations/${server.organizationId}/databases`, { method: 'POST', json: {} }))).id;
}

/** Metadata exchange: where the data path is, and the token for it. */
export async function exchange(server, database) {
  const answer = await fetch(`${server.url}/databases/${database}/connect`, {
    method: 'POST', headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' }, body: '{"supportedVersions":[1,2,3]}',
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { token, endpoints } = await answer.json();
  return { token, url: new URL(endpoints[0].url, server.url).href };
}

/** { read, write }, which throw when there is no answer or none of success. */
export async function connect(server, database) {
  const { token, url } = await exchange(server, database);
  const post = async (method, body) => {
    const response = await fetch(`${url}/${method}`, {
      method: 'POST', body,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-protobuf', 'x-denokv-database-id': database, 'x-denokv-version': '3' },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200) throw new Error(`${method}: ${response.status} ${bytes}`);
    return bytes;
  };
  return {
    /** Gives the versionstamp; null: a check failed. */
    async write(write) {
      const fields = decode(await post('atomic_write', writeBody(write)));
      return fields[1][0] === 1n ? fields[2][0].toString('hex') : null;
    },
    /** Ranges of one state: [[{ key, value, versionstamp }]]. */
    async read(...ranges) {
      const fields = decode(await post('snapshot_read', readBody(...ranges)));
      return fields[1].map(range => (decode(range)[1] ?? []).map(entry => {
        const { 1: [key], 2: [value = Buffer.alloc(0)] = [], 4: [stamp] } = decode(entry);
        return { key: key.toString(), value, versionstamp: stamp.toString('hex') };
      }));
    },
  };
}

/** The message AtomicWrite of { checks: [{ key, versionstamp }], mutations }. Keys are text. */
export const writeBody = ({ checks = [], mutations = [] }) => Buffer.concat([...checks.map(encodeCheck), ...mutations.map(encodeMutation)]);

/** The message SnapshotRead of [{ start, end, limit }]. */
export const readBody = (...ranges) => Buffer.concat(ranges.map(({ start, end, limit = 1000 }) =>
  message(1, Buffer.concat([message(1, start), message(2, end), number(3, limit)]))));

export const set = (key, value) => ({ kind: SET, key, value: Buffer.from(value), encoding: BYTES });

export const sum = (key, value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return { kind: SUM, key, value: bytes, encoding: U64 };
};

const encodeCheck = ({ key, versionstamp }) => message(1, Buffer.concat([message(1, key), message(2, Buffer.from(versionstamp ?? '', 'hex'))]));

const encodeMutation = ({ kind, key, value, encoding }) =>
  message(2, Buffer.concat([message(1, key), message(2, Buffer.concat([message(1, value), number(2, encoding)])), number(3, kind)]));

function message(field, bytes) {
  const content = Buffer.from(bytes);
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);

function varint(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** Field → its values in their order: numbers as bigint, all else as bytes. */
function decode(bytes) {
  const fields = {};
  let at = 0;
  const next = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const part = bytes[at++];
      value |= BigInt(part & 0x7f) << shift;
      if (part < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(next());
    let value = next();
    if ((tag & 7) === 2) value = bytes.subarray(at, at += Number(value));
    (fields[tag >> 3] ??= []).push(value);
  }
  return fields;
}
