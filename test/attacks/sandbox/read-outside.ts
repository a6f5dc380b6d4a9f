// Reads files of the host: by path, URL, /proc, node:fs and fetch.
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
const canary = () => [...at.canaryDrow].reverse().join("");

Deno.serve(async () => {
  const reads = (path: string) => Deno.readTextFileSync(path);
  const found = (s: string) => s.includes(canary()) || s.includes("root:");
  for (const path of ["/etc/shadow", "/etc/passwd", at.canaryFile]) {
    for (const before of ["", "/src/../..", "/tmp/../..", "/proc/self/root", "/proc/1/root", "/proc/self/cwd/../..", "//"]) {
      await attempt(before + path, () => found(reads(before + path)));
    }
    await attempt("fetch " + path, async () => found(await (await fetch("file://" + path)).text()));
    await attempt("node " + path, async () => found((await import("node:fs")).readFileSync(path, "utf8")));
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
