// node bench/run.mjs [scenario…] [--quick] [--json FILE]: runs the scenarios, prints a table, writes JSON.
import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { stopAll } from './support/children.mjs';
import { table } from './support/numbers.mjs';

const ratioNames = {
  ratioP50: 'islet / deno run, p50', ratioRps: 'islet / nginx, req/s', ratioP99: 'islet / nginx, p99', ratio: 'ratio',
};
const names = ['cold', 'warm', 'deploy', 'api', 'kv', 'memory', 'neighbours', 'lists', 'soak'];
const usual = names.filter(name => !['lists', 'soak'].includes(name)); // which take long
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string', default: 'artifacts/bench.json' } },
});
const chosen = positionals.length > 0 ? positionals : usual;
for (const name of chosen) if (!names.includes(name)) throw new Error(`No scenario ${name}; there are ${names.join(', ')}.`);
for (const variable of ['ISLET_BIN', 'DENO_BIN']) {
  if (!process.env[variable]) throw new Error(`Set ${variable} to an executable.`);
  await access(resolve(process.env[variable]), constants.X_OK);
}

const report = {
  started: new Date().toISOString(),
  machine: { cpu: cpus()[0].model.trim(), cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version },
  quick: options.quick,
  scenarios: {},
};
try {
  for (const name of chosen) {
    console.log(`\n${name}${options.quick ? ' (quick: not a measurement)' : ''}`);
    const { run } = await import(`./scenarios/${name}.mjs`);
    const began = performance.now();
    const { rows, ...details } = await run({ quick: options.quick, denoBin: resolve(process.env.DENO_BIN) });
    report.scenarios[name] = { rows, ...details, seconds: Math.round((performance.now() - began) / 1000) };
    console.log(table(rows));
    if (details.missed?.length > 0) {
      console.log(`  missed: ${details.missed.join(', ')}`);
      process.exitCode = 1;
    }
    for (const [name, ratio] of Object.entries(details)) if (name.startsWith('ratio')) console.log(`  ${ratioNames[name] ?? name}: ${ratio}`);
  }
} finally {
  stopAll();
}
await mkdir(dirname(resolve(options.json)), { recursive: true });
await writeFile(options.json, JSON.stringify(report, null, 2) + '\n');
console.log(`\n${options.json}`);
