// Looks for secrets in the environment and command line of every process it sees.
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
  const secrets = at.secretsBackwards.map((s: string) => [...s].reverse().join(""));
  for (const process of ["self", "thread-self", "1", "2", "3", String(Deno.ppid), String(at.serverProcess)]) {
    for (const file of ["environ", "cmdline"]) {
      await attempt(`${process}/${file}`, () => {
        const read = Deno.readTextFileSync(`/proc/${process}/${file}`);
        return read.includes("ISLET_") || read.includes("LOG=") || secrets.some((s: string) => read.includes(s)) || read.includes(at.data);
      });
    }
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
