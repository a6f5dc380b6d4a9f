// Asks for permissions, answers its own prompts, and reads.
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
const canary = () => [...at.canaryDrow].reverse().join("");

Deno.serve(async () => {
  for (const name of ["read", "write", "run", "ffi", "env", "sys"] as const) {
    await attempt(name, async () => {
      const asked = Deno.permissions.request({ name } as any);
      (globalThis as any).prompt?.("Allow? [y/n]");
      const { state } = await asked;
      return state === "granted" && name === "read" && Deno.readTextFileSync(at.canaryFile).includes(canary());
    });
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
