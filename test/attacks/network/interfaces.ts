// Looks for interfaces beside its own loopback.
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
  await attempt("networkInterfaces", () => Deno.networkInterfaces().some((found) => found.name !== "lo"));
  await attempt("node:os", async () => Object.keys((await import("node:os")).networkInterfaces()).some((name) => name !== "lo"));
  await attempt("/proc/net/dev", () => /to-(internet|private)|eth0/.test(Deno.readTextFileSync("/proc/net/dev")));
  await attempt("/proc/net/tcp", () => Deno.readTextFileSync("/proc/net/tcp").toLowerCase().includes(`:${at.canaryPort.toString(16)} `));
  await attempt("/proc/net/unix", () => Deno.readTextFileSync("/proc/net/unix").includes(at.abstractSocket));
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
