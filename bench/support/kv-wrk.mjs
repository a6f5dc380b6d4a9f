// wrk as a client of KV Connect, over HTTP/1.1: the same write or read again and again.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exchange, readBody, set, writeBody } from '../../test/e2e/support/kv-wire.mjs';
import { output } from './children.mjs';

const bodies = {
  set: ['atomic_write', writeBody({ mutations: [set('key', Buffer.alloc(70, 1))] })],
  get: ['snapshot_read', readBody({ start: 'key', end: 'key\0', limit: 1 })],
};

/** A side of the scenario; null for cases that are more than one request. */
export async function wrkSide(server, database, directory) {
  return {
    async run(name, milliseconds) {
      const [what, connections = '1'] = name.split(' ×');
      if (!bodies[what]) return null;
      const { token, url } = await exchange(server, database);
      const [method, body] = bodies[what];
      const script = join(directory, 'wrk.lua');
      const text = bytes => [...bytes].map(byte => `\\${`${byte}`.padStart(3, '0')}`).join('');
      await writeFile(script, `
        wrk.method = "POST"
        wrk.body = "${text(body)}"
        wrk.headers["Authorization"] = "Bearer ${token}"
        wrk.headers["Content-Type"] = "application/x-protobuf"
        wrk.headers["X-Denokv-Version"] = "3"
        wrk.headers["X-Denokv-Database-Id"] = "${database}"`);
      const before = await childrenTime();
      const seconds = Math.max(1, Math.round(milliseconds / 1000)); // wrk knows whole ones only
      const told = await output('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, `${url}/${method}`]);
      if (/Socket errors|Non-2xx/.test(told)) throw new Error(`wrk saw failures:\n${told}`);
      return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(told)[1]), cpu: (await childrenTime() - before) / seconds };
    },
  };
}

/** Of children that have ended, seconds. */
async function childrenTime() {
  const fields = (await readFile('/proc/self/stat', 'utf8')).split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
