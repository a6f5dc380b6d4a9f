// Writes, renames, links and removes by node:fs where it may not.
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
  const fs = await import("node:fs");
  await attempt("rm /src/main.ts", () => (fs.rmSync("/src/main.ts"), true));
  await attempt("rename /src", () => (fs.renameSync("/src/main.ts", "/src/other.ts"), true));
  await attempt("chmod deno", () => (fs.chmodSync("/usr/bin/deno", 0o777), true));
  await attempt("mkdir /etc", () => (fs.mkdirSync("/etc/" + at.mark), true));
  await attempt("link out", () => (fs.linkSync("/usr/bin/deno", "/src/deno"), true));
  await attempt("truncate prelude", () => (fs.truncateSync("/run/islet/prelude.js"), true));
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
