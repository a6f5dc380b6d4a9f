// Opens files until it may have no more.
// @answers MEMORY_LIMIT
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
  const open: Deno.FsFile[] = [];
  await attempt("200000 files", () => {
    while (open.length < 200_000) open.push(Deno.openSync("/src/main.ts"));
    return true;
  });
  refused.push(`${open.length} were open`);
  open.forEach((file) => file.close());
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
