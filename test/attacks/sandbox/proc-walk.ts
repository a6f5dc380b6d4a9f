// Walks /proc for the roots, directories and open files of other processes.
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
  let processes: string[] = [];
  await attempt("list", () => (processes = [...Deno.readDirSync("/proc")].map((entry) => entry.name).filter((name) => /^\d+$/.test(name)), false));
  for (const process of processes) {
    const own = `/proc/${process}`;
    await attempt(`${process} root`, () => Deno.readTextFileSync(`${own}/root${at.canaryFile}`).includes(canary()));
    await attempt(`${process} cwd`, () => Deno.readTextFileSync(`${own}/cwd/../../../..${at.canaryFile}`).includes(canary()));
    await attempt(`${process} name`, () => !["bwrap", "deno"].includes(Deno.readTextFileSync(`${own}/comm`).trim()));
  }
  if (refused.length > 12) refused.length = 12;
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
