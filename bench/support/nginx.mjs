// nginx as the yardstick: one server block, in front of one isolate's Unix socket or with an answer of its own.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start, stop } from './children.mjs';
import { firstByte } from './hello.mjs';

const configuration = (directory, port, upstream, location) => `
${userInfo().uid === 0 ? 'user root;' : ''}
daemon off;
worker_processes ${cpus().length};
pid ${directory}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  keepalive_requests 100000000;
  ${upstream}
  server {
    listen 127.0.0.1:${port};
    location / {
      ${location}
    }
  }
}
`;

const proxying = host => `
      proxy_pass http://isolate;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host ${host};
      proxy_buffering off;
      proxy_buffer_size 64k;
      proxy_buffers 8 64k;
      proxy_busy_buffers_size 128k;`;

/** In front of an isolate. */
export const startNginx = (socket, host, port) =>
  run(port, host, `upstream isolate { server unix:${socket}; keepalive 64; keepalive_requests 100000000; }`, proxying(host));

/** Alone, with one answer. */
export const startAnsweringNginx = (answer, port) => run(port, 'localhost', '', `return 200 "${answer}";`);

async function run(port, host, upstream, location) {
  const directory = await mkdtemp(join(tmpdir(), 'islet-bench-nginx-'));
  const path = join(directory, 'nginx.conf');
  await writeFile(path, configuration(directory, port, upstream, location));
  const child = start('nginx', ['-e', 'stderr', '-p', directory, '-c', path]);
  const end = async () => {
    await stop(child, 'SIGQUIT');
    await rm(directory, { recursive: true, force: true });
  };
  for (let n = 0; ; n++) {
    const answer = await firstByte({ host: '127.0.0.1', port }, { host }).catch(error => error);
    if (!(answer instanceof Error)) return { port, pids: [child.pid, ...await workersOf(child.pid)], stop: end };
    if (n > 200) {
      await end();
      throw new Error(`nginx does not answer: ${answer}\n${child.output}`);
    }
    await sleep(20);
  }
}

async function workersOf(pid) {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
}
