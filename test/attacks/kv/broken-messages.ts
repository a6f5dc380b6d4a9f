// Sends the database messages that lie about their length, are too long, too many, or no messages at all.
// @database
const at = JSON.parse(Deno.env.get("ATTACK")!);
const id = new URL(Deno.env.get("DENO_KV_DEFAULT_PATH")!).pathname.split("/")[2];
const told: string[] = [];

async function send(what: string, method: string, body: BodyInit, headers: Record<string, string> = {}) {
  try {
    const answer = await fetch(`http://kv.islet.internal/databases/${id}/kv/v3/${method}`, {
      method: "POST", body, signal: AbortSignal.timeout(10_000), duplex: "half",
      headers: { "content-type": "application/x-protobuf", "x-denokv-version": "3", "x-denokv-database-id": id, authorization: "Bearer isolate", ...headers },
    } as RequestInit);
    await answer.arrayBuffer();
    told.push(`${what} ${answer.status}`);
  } catch (error) {
    told.push(`${what} ${(error as Error).name}`);
  }
}

Deno.serve(async () => {
  const longest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  for (const method of ["snapshot_read", "atomic_write", "watch"]) {
    await send("length", method, new Uint8Array([0x0a, ...longest]));
    await send("varint", method, new Uint8Array(1000).fill(0xff));
    await send("groups", method, new Uint8Array(100_000).fill(0x0b));
    await send("nested", method, new Uint8Array(100_000).fill(0x0a));
    await send("ranges", method, new Uint8Array(1_000_000).map((_, at) => at % 2 === 0 ? 0x0a : 0));
    await send("zeros", method, new Uint8Array(32 << 20));
    await send("endless", method, new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1 << 20)) }));
    await send("bomb", method, new Blob([new Uint8Array(10 << 20)]).stream().pipeThrough(new CompressionStream("gzip")), { "content-encoding": "gzip" });
  }
  const kv = await Deno.openKv();
  await kv.set(["still"], "there");
  return Response.json({ attack: at.name, escaped: (await kv.get(["still"])).value !== "there", detail: told.join(", ") });
});
