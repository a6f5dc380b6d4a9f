// Reading logs as clients do: NDJSON by fetch, past pages by cursor.
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from './wire.mjs';

/** Opens an NDJSON answer; resolves when its headers are there. `entries` yields as they come, until the server ends it. */
export async function ndjson(server, path, signal) {
  const response = await call(server, path, { headers: { accept: 'application/x-ndjson' }, signal });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  if (response.headers.get('content-type') !== 'application/x-ndjson')
    throw new Error(`${path}: content-type ${response.headers.get('content-type')}`);
  return { entries: entriesOf(response.body, path) };
}

async function* entriesOf(body, path) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') throw new Error(`${path}: an empty line, which clients take for the end`);
      yield JSON.parse(line);
    }
  }
  if (rest !== '') throw new Error(`${path}: ended in the middle of a line: ${rest}`);
}

/** Follows the live log from now on; `entries` grows, `until(test)` waits for an entry, `stop()` hangs up. */
export async function follow(server, id, query = '') {
  const hangUp = new AbortController();
  const stream = await ndjson(server, `/deployments/${id}/app_logs${query}`, hangUp.signal);
  const entries = [];
  const reading = (async () => {
    for await (const entry of stream.entries) entries.push(entry);
  })().catch(error => {
    if (!hangUp.signal.aborted) throw error;
  });
  reading.catch(() => {}); // reported by stop(), which every user calls
  return {
    entries,
    until: (test, limit) => eventually(() => entries.find(test), limit),
    stop: () => (hangUp.abort(), reading),
  };
}

/** All stored entries, oldest first. */
export async function pastLogs(server, id, query = '') {
  const response = await call(server, `/deployments/${id}/app_logs?since=1970-01-01T00:00:00Z&order=asc&limit=10000${query}`);
  if (response.status !== 200) throw new Error(`app_logs: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Asks until the answer is truthy and gives it; throws after `limit` ms. */
export async function eventually(ask, limit = 10_000, every = 25) {
  const deadline = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`Not within ${limit} ms: ${ask}`);
    await sleep(every);
  }
}
