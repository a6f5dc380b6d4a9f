// Writes, watches and sends messages to itself as fast as it can for four seconds.
// @database
// @alone
// @answers ANYTHING
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async () => {
  const kv = await Deno.openKv();
  const end = Date.now() + 4000;
  const counts = { written: 0, enqueued: 0, watched: 0, refused: 0 };
  const value = new Uint8Array(60_000);
  const until = async (what: "written" | "enqueued", act: (n: number) => Promise<unknown>) => {
    for (let n = 0; Date.now() < end; n++) {
      try {
        await act(n);
        counts[what]++;
      } catch {
        counts.refused++;
      }
    }
  };
  const watches = Array.from({ length: 300 }, async (_, n) => {
    try {
      for await (const _ of kv.watch([["key", n % 50]])) if (counts.watched++, Date.now() > end) break;
    } catch {
      counts.refused++;
    }
  });
  const work = Promise.all([
    ...Array.from({ length: 64 }, (_, worker) => until("written", (n) => kv.set(["key", (worker * 7 + n) % 200], value))),
    ...Array.from({ length: 8 }, () => until("enqueued", (n) => kv.enqueue({ n }, { delay: 3_600_000 }))),
  ]);
  // Deno's client tries again for long where it is told to wait
  await Promise.race([work, new Promise((done) => setTimeout(done, 5000))]);
  kv.close();
  await Promise.race([Promise.all(watches), new Promise((done) => setTimeout(done, 500))]);
  return new Response(`${at.name}: ${JSON.stringify(counts)}`);
});
