// Writes where its own code and the platform's are, and to the host by name.
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
  for (const path of ["/src/main.ts", `/src/${at.mark}`, `/deno/npm/${at.mark}`, "/usr/bin/deno", `/usr/bin/${at.mark}`, "/etc/hosts", `/etc/${at.mark}`, "/run/islet/prelude.js", `/lib/${at.mark}`, `/${at.mark}`, `/dev/${at.mark}`, at.canaryFile, `${at.data}/${at.mark}`]) {
    await attempt(path, () => {
      Deno.openSync(path, { append: true, create: true }).close();
      return true;
    });
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
