// One run of wrk, as numbers.
import { fileURLToPath } from 'node:url';
import { output } from './children.mjs';

/** Requests a second and the time of an answer; an answer but 2xx or 3xx fails the run. */
export async function wrk(url, { connections, seconds, headers = {} }) {
  const text = await output('wrk', [
    '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]), url,
  ]);
  if (/Socket errors|Non-2xx/.test(text)) throw new Error(`wrk saw failures:\n${text}`);
  return {
    rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
    p50: milliseconds(/^\s+50%\s+(\S+)/m.exec(text)[1]),
    p99: milliseconds(/^\s+99%\s+(\S+)/m.exec(text)[1]),
  };
}

/**
 * Visitors that ask about `everyMs`, by no rhythm: milliseconds of an answer. They stand for other machines: where they may,
 * they go before all else here, so that what is measured is not their own turn at a processor.
 */
export async function paced(url, { connections, everyMs, seconds, headers = {} }) {
  const text = await output(...await first('wrk', [
    '-t1', `-c${connections}`, `-d${seconds}s`, '-s', fileURLToPath(new URL('pace.lua', import.meta.url)),
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]), url, '--', String(connections * everyMs), String(++runs),
  ]));
  const figures = JSON.parse(/^paced (.*)$/m.exec(text)[1]);
  if (figures.count === 0) throw new Error(`${url} answered nothing:\n${text}`);
  return figures;
}

let runs = 0, real;
async function first(command, args) {
  real ??= await output('chrt', ['--fifo', '1', 'true']).then(() => true, () => false);
  return real ? ['chrt', ['--fifo', '1', command, ...args]] : [command, args];
}

function milliseconds(text) {
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(text);
  return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
}
