// Processes of a benchmark: started here, stopped here by their own handle, also when the run fails.
import { spawn } from 'node:child_process';

const running = new Set();

/** Starts a child; what it prints is kept (bounded) for the error message. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  child.output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', data => (child.output = (child.output + data).slice(-65_536)));
  child.ended = new Promise(resolve => {
    child.once('error', error => resolve({ error }));
    child.once('close', (code, signal) => resolve({ code, signal })); // close, not exit: the output is complete
  });
  running.add(child);
  child.ended.then(() => running.delete(child));
  return child;
}

export async function stop(child, signal = 'SIGTERM') {
  child.kill(signal);
  await child.ended;
}

/** Runs to the end and gives what it printed. */
export async function output(command, args) {
  const child = start(command, args);
  const end = await child.ended;
  if (end.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${end.error ?? `code ${end.code} ${end.signal ?? ''}`}\n${child.output}`);
  return child.output;
}

export function stopAll() {
  running.forEach(child => child.kill('SIGKILL'));
}

process.on('exit', stopAll);
