// Fills its private files, which must count as its own memory.
// @answers MEMORY_LIMIT
// @alone
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
  const block = new Uint8Array(1 << 20).fill(1);
  for (const directory of ["/tmp", "/deno", "/dev/shm", "/run/islet"]) {
    await attempt(directory, () => {
      let written = 0;
      using file = Deno.openSync(`${directory}/fill`, { write: true, create: true });
      try {
        for (; written < 400; written++) file.writeSync(block);
      } finally {
        Deno.removeSync(`${directory}/fill`);
      }
      return written === 400;
    });
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
