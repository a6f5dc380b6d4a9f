// Starts another program by Deno.Command.
// @harmless
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
  for (const program of ["/usr/bin/deno", "/bin/sh", "/usr/bin/env"]) {
    await attempt(program, () => new Deno.Command(program, { args: ["--version"] }).outputSync().stdout.length > 0);
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
