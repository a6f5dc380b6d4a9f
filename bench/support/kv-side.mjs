// One client of the KV scenario as a process, in Deno or in node: reads {"name","milliseconds"} lines, answers a line each.
import process from 'node:process';
import { createInterface } from 'node:readline';
import { load, prepare } from './kv-load.js';

const [path] = process.argv.slice(2);
const npm = '@deno/kv';
const kv = globalThis.Deno ? await Deno.openKv(path) : await (await import(npm)).openKv(path);
await prepare(kv);
console.log('{}');
for await (const line of createInterface({ input: process.stdin })) {
  const { name, milliseconds } = JSON.parse(line);
  console.log(JSON.stringify(await load(kv, name, milliseconds)));
}
kv.close();
process.exit();
