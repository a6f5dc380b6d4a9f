// Starts another program by node:child_process.
const at = JSON.parse(Deno.env.get("ATTACK")!);
import process from "node:process";
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
  const child = await import("node:child_process");
  await attempt("execSync", () => child.execSync("id").length > 0);
  await attempt("spawnSync", () => child.spawnSync(process.execPath, ["--version"]).stdout?.length > 0);
  await attempt("execFileSync", () => child.execFileSync("/bin/sh", ["-c", "id"]).length > 0);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
