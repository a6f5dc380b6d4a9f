// A bare Kestrel as the yardstick: answers that were given once, from memory.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { output, start, stop } from './children.mjs';

const root = join(import.meta.dirname, '..', '..');

/** `answers`: name → bytes. Built by the SDK that builds the server. */
export async function startBare(answers, port) {
  await output('dotnet', ['publish', join(root, 'bench', 'bare'), '-c', 'Release', '-v', 'quiet', '-nologo']);
  const directory = await mkdtemp(join(tmpdir(), 'islet-bench-bare-'));
  for (const [name, bytes] of Object.entries(answers)) await writeFile(join(directory, name), bytes);
  const child = start(join(root, 'artifacts', 'publish', 'Bare', 'release', 'bare'), [`http://127.0.0.1:${port}`, directory]);
  const end = async () => {
    await stop(child);
    await rm(directory, { recursive: true, force: true });
  };
  for (let n = 0; ; n++) {
    const answer = await fetch(`http://127.0.0.1:${port}/${Object.keys(answers)[0]}`).catch(error => error);
    if (answer.status === 200) return { port, stop: end };
    if (n > 200) {
      await end();
      throw new Error(`The bare endpoint does not answer: ${answer}\n${child.output}`);
    }
    await sleep(50);
  }
}
