// A registry of the packages whose tarballs lie in a directory: node npm.mjs DIRECTORY PORT
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';

const [directory, port] = process.argv.slice(2);
const answers = new Map();
for (const file of readdirSync(directory)) {
  const tarball = readFileSync(join(directory, file));
  const manifest = JSON.parse(execFileSync('tar', ['-xzOf', '-', 'package/package.json'], { input: tarball }));
  const dist = { tarball: `http://127.0.0.1:${port}/${file}`, integrity: 'sha512-' + createHash('sha512').update(tarball).digest('base64') };
  answers.set(`/${file}`, tarball);
  answers.set(`/${manifest.name}`, JSON.stringify({ name: manifest.name, 'dist-tags': { latest: manifest.version }, versions: { [manifest.version]: { ...manifest, dist } } }));
}
http.createServer((request, response) => {
  const answer = answers.get(request.url);
  response.writeHead(answer ? 200 : 404, { 'content-type': typeof answer === 'string' ? 'application/json' : 'application/octet-stream' }).end(answer);
}).listen(port, '127.0.0.1');
