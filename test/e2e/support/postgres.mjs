// A PostgreSQL of the tests' own (eng/postgres.sh), and empty databases in it.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PSQL = '/usr/lib/postgresql/15/bin/psql';

let server; // { address, child } once started

/** Gives the address of an empty database, as --database takes it; starts the server at the first call. */
export async function emptyDatabase() {
  server ??= await start();
  const name = `e${randomBytes(8).toString('hex')}`;
  query(server.address, `CREATE DATABASE ${name}`);
  return server.address.replace(/\/postgres$/, `/${name}`);
}

/** Runs SQL as somebody else than the server and gives what came out, fields apart by |. */
export function query(address, sql) {
  const { status, stdout, stderr } = spawnSync(PSQL, ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', address, '-c', sql], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${sql}: ${stderr}`);
  return stdout.trim();
}

async function start() {
  const child = spawn(fileURLToPath(new URL('../../../eng/postgres.sh', import.meta.url)), { stdio: ['pipe', 'pipe', 'inherit'] });
  child.unref(); // it ends with its input, which ends with us
  child.stdin.unref?.();
  const lines = createInterface({ input: child.stdout });
  const [address] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => { throw new Error(`eng/postgres.sh ended with ${code}`); }),
  ]);
  lines.close();
  child.stdout.unref?.();
  return { address, child };
}
