// Searches a snapshot of its own heap for secrets of the platform and of others.
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
  const { getHeapSnapshot } = await import("node:v8");
  let snapshot = "";
  await attempt("snapshot", async () => {
    for await (const piece of getHeapSnapshot() as any) snapshot += piece;
    // only now they are put together: before, they were nowhere
    for (const backwards of [...at.secretsBackwards, at.canaryDrow, at.victimDrow]) {
      if (snapshot.includes([...backwards].reverse().join(""))) got.push("a secret");
    }
    return false;
  });
  if (!snapshot.includes(at.publicWord)) return new Response("its own strings were not found either: the search is blind");
  refused.push(`${snapshot.length} characters`);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
