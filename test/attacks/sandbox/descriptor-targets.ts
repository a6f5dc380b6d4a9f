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
  let names: string[] = [];
  await attempt("list", () => (names = [...Deno.readDirSync("/proc/self/fd")].map((entry) => entry.name), false));
  for (const name of names) {
    await attempt(name, () => {
      const target = Deno.readLinkSync("/proc/self/fd/" + name);
      if (!allowed.test(target)) got.push(`${name} is ${target}`);
      return false;
    });
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
