// Takes the resources of Deno's own core: lists, reads and writes them, the control channel among them.
// @again
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
  const core = (Deno as any)[(Deno as any).internal].core;
  const names = Object.values(core.resources?.() ?? {});
  refused.push("listed " + names.join(" "));
  for (let rid = 0; rid < 40; rid++) {
    await attempt(`write ${rid}`, async () => {
      await Promise.race([core.write?.(rid, new TextEncoder().encode('{"Serving":{"kind":"forged"}}\n')), new Promise((done) => setTimeout(done, 20))]);
      return false;
    });
    await attempt(`read ${rid}`, async () => {
      const buffer = new Uint8Array(4096);
      await Promise.race([core.read?.(rid, buffer), new Promise((done) => setTimeout(done, 20))]);
      const read = new TextDecoder().decode(buffer);
      return at.secretsBackwards.some((s: string) => read.includes([...s].reverse().join("")));
    });
  }
  refused.length = 1;
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
