// What a stopped server may not leave behind, asked of the kernel and not of the server.
import { readFile, readdir, readlink } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SETTLE_MS = 3_000; // the kernel takes a dead mount namespace apart a moment after the process is reaped

/** Waits until no process is marked and no cgroup or named network namespace is new; throws with what stayed. */
export async function waitForNoTraces(mark, before, ...dataDirectories) {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const kept = [...await kernelObjects(...dataDirectories)].filter(path => !before.has(path));
    const found = [...await tracesInProcesses(mark), ...kept];
    if (found.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Left behind (${found.length}):\n${found.slice(0, 20).join('\n')}`);
    await sleep(50);
  }
}

/**
 * Processes whose command line, working directory, cgroup or mounts contain the mark (the unique name of the server's
 * directory: mountinfo gives paths from the root of their file system). With a server that runs: `exceptBelow` leaves
 * out its descendants, and the mounts it keeps in the namespace we share with it.
 */
export async function tracesInProcesses(mark, exceptBelow = -1) {
  const found = [];
  const sharedMounts = exceptBelow === -1 ? '' : await readlink('/proc/self/ns/mnt');
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const command = (await read(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim();
    const facts = {
      cmdline: command,
      cwd: await readlink(`/proc/${pid}/cwd`).catch(() => ''),
      cgroup: await read(`/proc/${pid}/cgroup`),
      mountinfo: await readlink(`/proc/${pid}/ns/mnt`).catch(() => '') === sharedMounts ? '' : await read(`/proc/${pid}/mountinfo`),
    };
    for (const [fact, text] of Object.entries(facts))
      if (text.includes(mark) && !await descends(Number(pid), exceptBelow)) found.push(`process ${pid} (${command.slice(0, 120)}): ${fact}`);
  }
  return found;
}

/** Whether the process is the ancestor or stands below it. */
export async function descends(pid, ancestor) {
  while (pid > 1 && pid !== ancestor) pid = Number(/^PPid:\s+(\d+)$/m.exec(await read(`/proc/${pid}/status`))?.[1] ?? 0);
  return pid === ancestor;
}

/**
 * Cgroups on every hierarchy of the servers with these data directories (of any server without one), and network namespaces
 * that are named after one; not those of a self test, which looks itself.
 */
export async function kernelObjects(...dataDirectories) {
  const groups = dataDirectories.map(path => `islet-${createHash('sha256').update(join(path, 'run')).digest('hex').slice(0, 12)}`);
  const found = new Set();
  for (const group of groups.length === 0 ? ['islet'] : groups) await collectNamed('/sys/fs/cgroup', group, found);
  for (const name of await readdir('/run/netns').catch(() => [])) // no such directory until somebody names one
    if (name.startsWith('islet') && !name.startsWith('islet-st-')) found.add(`/run/netns/${name}`);
  return found;
}

// below any other: with version 2 a server's group is where the server is
async function collectNamed(path, group, found) {
  for (const child of await directories(path))
    if (basename(child).startsWith(group)) await collect(child, found);
    else await collectNamed(child, group, found);
}

async function collect(path, found) {
  found.add(path);
  for (const child of await directories(path)) await collect(child, found);
}

async function directories(path) {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []); // a cgroup may go while we look
  return entries.filter(entry => entry.isDirectory()).map(entry => join(path, entry.name));
}

async function read(path) {
  return readFile(path, 'utf8').catch(() => ''); // the process may have ended while we look
}
