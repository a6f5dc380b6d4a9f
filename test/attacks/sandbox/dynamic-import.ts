// Imports files of the host as text, JSON, bytes and as a worker.
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
  for (const path of [at.canaryFile, "/etc/passwd", "/src/../../etc/passwd", "/proc/self/environ", "/run/islet/../../etc/shadow"]) {
    for (const type of ["text", "json", "bytes"]) {
      await attempt(`${path} as ${type}`, async () => {
        const content = (await import(`file://${path}`, { with: { type } })).default;
        const read = typeof content === "string" ? content : new TextDecoder().decode(content);
        return read.includes(canary()) || read.includes("root:") || read.includes("ISLET_");
      });
    }
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
