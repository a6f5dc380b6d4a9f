// One run of wrk, as numbers.
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

function milliseconds(text) {
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(text);
  return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
}
