// Looks for what an earlier deployment left in storage, caches and files, then leaves it there.
// @twice
const at = JSON.parse(Deno.env.get("ATTACK")!);
const got: string[] = [];
const refused: string[] = [];
async function attempt(what: string, act: () => unknown) {
  try {
    (await act() ? got : refused).push(what);
  } catch (error) {
    refused.push(`${what}: ${(error as any).code ?? (error as Error).name}`);
  }
}

Deno.serve(async () => {
  const cache = await caches.open("islet").catch(() => undefined);
  await attempt("localStorage", () => localStorage.getItem("mark"));
  await attempt("caches", () => cache?.match("https://mark.example/"));
  await attempt("/tmp", () => Deno.readTextFileSync("/tmp/mark"));
  await attempt("/deno", () => Deno.readTextFileSync("/deno/mark"));
  for (const leave of [
    () => localStorage.setItem("mark", at.mark),
    () => cache?.put("https://mark.example/", new Response(at.mark)),
    () => Deno.writeTextFileSync("/tmp/mark", at.mark),
    () => Deno.writeTextFileSync("/deno/mark", at.mark),
  ]) await Promise.resolve().then(leave).catch(() => {});
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
