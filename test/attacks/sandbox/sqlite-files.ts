// Reads and makes files of the host by SQLite: open, ATTACH, extensions.
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
  const { DatabaseSync } = await import("node:sqlite");
  const outside = `${at.canaryFile.replace(/[^/]*$/, "")}${at.mark}`;
  await attempt("open", () => (new DatabaseSync(outside).exec("create table t(a)"), true));
  await attempt("attach", () => (new DatabaseSync(":memory:").exec(`attach '${outside}' as x; create table x.t(a)`), true));
  await attempt("vacuum into", () => (new DatabaseSync(":memory:").exec(`vacuum into '${outside}'`), true));
  await attempt("read", () => new DatabaseSync(":memory:").prepare(`select readfile('${at.canaryFile}') as x`).get());
  await attempt("extension", () => (new DatabaseSync(":memory:", { allowExtension: true } as any).loadExtension("libc.so.6"), true));
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
