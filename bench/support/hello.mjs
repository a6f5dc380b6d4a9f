// The program of every scenario, deployed in the server or run bare.
import http from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployed } from '../../test/e2e/support/deploy.mjs';
import { start, stop } from './children.mjs';

export const HELLO = `Deno.serve(() => new Response('hello'));\n`;
export const BODY = 'hello';

const START_LIMIT_MS = 20_000;

export function deployHello(server, options) {
  return deployed(server, { 'main.ts': HELLO }, options);
}

/** Milliseconds to the first byte of the answer, on a connection of its own; the answer's head comes with it. */
export function firstByte(where, headers = {}) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.get({ path: '/', agent: false, headers, ...where }, response => {
      const ms = performance.now() - began;
      let body = '';
      response.setEncoding('utf8').on('data', data => (body += data));
      response.on('end', () => body === BODY && response.statusCode === 200
        ? resolve({ ms, headers: response.headers })
        : reject(new Error(`${response.statusCode}: ${body.slice(0, 500)}`)));
    });
    request.once('error', reject);
  });
}

/** A directory with hello and a warm DENO_DIR, for `deno run` without a server. */
export async function bareHello(denoBin) {
  const directory = await mkdtemp(join(tmpdir(), 'islet-bench-'));
  await writeFile(join(directory, 'main.ts'), HELLO);
  let count = 0;
  const run = async () => {
    const socket = join(directory, `${count++}.sock`);
    const began = performance.now();
    const child = start(denoBin, ['run', '--no-prompt', '--no-config', '--no-lock', '--allow-net', '--allow-read', '--allow-write', '--allow-env', 'main.ts'], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, DENO_DIR: join(directory, 'deno'), DENO_NO_UPDATE_CHECK: '1', DENO_SERVE_ADDRESS: `unix:${socket}` },
    });
    await firstAnswer(child, socket, began);
    return { child, ms: performance.now() - began };
  };
  await stop((await run()).child, 'SIGKILL'); // fills DENO_DIR
  return { run, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Tries each half millisecond until the socket answers. */
async function firstAnswer(child, socketPath, began) {
  let ended = null;
  child.ended.then(end => (ended = end));
  for (;;) {
    const answer = await firstByte({ socketPath }).catch(error => error);
    if (!(answer instanceof Error)) return;
    if (!['ENOENT', 'ECONNREFUSED'].includes(answer.code)) throw answer;
    if (ended !== null || performance.now() - began > START_LIMIT_MS) throw new Error(`deno run did not serve: ${child.output}`);
    await new Promise(resolve => setTimeout(resolve, 0.5));
  }
}
