// What a running server holds, asked of the kernel: memory of its .NET processes, and everything that could pile up.
import { readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descends, kernelObjects } from './leaks.mjs';

/**
 * Counts of the server's whole tree. `rssKiB` and `descriptors` are those of its .NET processes only (the isolates' own
 * come and go); `namespaces`: network namespaces, each counted once whoever holds it; `boundSockets`: Unix sockets with a
 * name below the server's directory.
 */
export async function footprint(server) {
  const own = await readlink(`/proc/${server.pid}/exe`);
  const tree = [];
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number))
    if (await descends(pid, server.pid)) tree.push(pid);
  const ours = [];
  for (const pid of tree) if (await link(`/proc/${pid}/exe`) === own) ours.push(pid);

  let rssKiB = 0, descriptors = 0, sockets = 0, mounts = 0, threads = 0;
  const namespaces = new Set(), tables = new Set(), networks = new Set(), bound = new Set(), groups = new Set();
  for (const pid of tree) {
    namespaces.add(await link(`/proc/${pid}/ns/net`));
    for (const [, name] of (await text(`/proc/${pid}/cgroup`)).matchAll(/\/(islet-[0-9a-f]+)/g)) groups.add(name);
  }
  for (const pid of ours) {
    rssKiB += Number(/^VmRSS:\s+(\d+) kB/m.exec(await text(`/proc/${pid}/status`))?.[1] ?? 0);
    for (const name of await list(`/proc/${pid}/fd`)) {
      const target = await link(`/proc/${pid}/fd/${name}`);
      descriptors++;
      if (target.startsWith('socket:')) sockets++;
      if (target.startsWith('net:')) namespaces.add(target);
    }
    // a thread may live in a mount namespace of its own
    for (const thread of await list(`/proc/${pid}/task`)) {
      threads++;
      const table = await link(`/proc/${pid}/task/${thread}/ns/mnt`);
      if (table === '' || tables.has(table)) continue;
      tables.add(table);
      for (const line of (await text(`/proc/${pid}/task/${thread}/mountinfo`)).split('\n')) {
        if (line === '' || / \/(var\/)?run\/netns( |\/(?!islet))/.test(line)) continue; // namespaces that somebody else has named
        mounts++;
        const held = / - nsfs .*?(net:\[\d+\])/.exec(line) ?? /(net:\[\d+\]) .* - nsfs/.exec(line);
        if (held) namespaces.add(held[1]);
      }
    }
    const network = await link(`/proc/${pid}/ns/net`);
    if (networks.has(network)) continue;
    networks.add(network);
    for (const line of (await text(`/proc/${pid}/net/unix`)).split('\n')) if (line.includes(server.mark)) bound.add(line);
  }
  namespaces.delete('');
  const cgroups = [...await kernelObjects()].filter(path => [...groups].some(name => path.includes(`/${name}`))).length;
  const directories = (await list(join(server.dataDirectory, 'run', 'slots'))).length;
  return {
    rssKiB, descriptors, sockets, boundSockets: bound.size, namespaces: namespaces.size, mounts, cgroups, directories, processes: tree.length, threads,
  };
}

/** Waits until the server holds as much as at an earlier time, then gives what it holds; after the limit, what it holds still. */
export async function settled(server, isSettled, limitMs = 60_000) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const now = await footprint(server);
    if (isSettled(now) || Date.now() > deadline) return now;
    await sleep(250);
  }
}

/** Slope of a least squares line through points { x, y }. */
export function slope(points) {
  const mean = member => points.reduce((sum, point) => sum + point[member], 0) / points.length;
  const [x, y] = [mean('x'), mean('y')];
  const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread;
}

const text = path => readFile(path, 'utf8').catch(() => ''); // whoever it is may have ended meanwhile
const link = path => readlink(path).catch(() => '');
const list = path => readdir(path).catch(() => []);
