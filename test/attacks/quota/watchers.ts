// Watches files until the user of the host may watch no more.
// @answers MEMORY_LIMIT UNCAUGHT_EXCEPTION
// @alone
// @timeout 60
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
  const watchers: Deno.FsWatcher[] = [];
  await attempt("100000 watchers", () => {
    while (watchers.length < 100_000) watchers.push(Deno.watchFs("/tmp"));
    return true;
  });
  refused.push(`${watchers.length} watched`);
  watchers.forEach((watcher) => watcher.close());
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
