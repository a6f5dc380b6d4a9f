// Reads what its descriptors point to.
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
  const allowed = /^(\/dev\/(null|urandom)|pipe:|socket:|anon_inode:|\/deno\/|\/tmp|\/src|\/memfd:|\/proc\/|\/usr\/bin\/deno|\/run\/islet)/;
  for (const entry of Deno.readDirSync("/proc/self/fd")) {
    await attempt(entry.name, () => {
      const target = Deno.readLinkSync("/proc/self/fd/" + entry.name);
      if (!allowed.test(target)) got.push(`${entry.name} is ${target}`);
      return false;
    });
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
