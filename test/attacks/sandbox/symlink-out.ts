// Reaches out of its own writable directory by symbolic links.
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
  for (const [name, target] of [["file", at.canaryFile], ["root", "/proc/1/root"], ["up", "../../../../../.."], ["data", at.data]]) {
    await attempt(name, () => {
      Deno.symlinkSync(target, "/tmp/link-" + name);
      const path = name === "file" ? "/tmp/link-file" : `/tmp/link-${name}${name === "data" ? "/credentials.json" : at.canaryFile}`;
      const read = Deno.readTextFileSync(path);
      return read.includes(canary()) || read.includes("token");
    });
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
