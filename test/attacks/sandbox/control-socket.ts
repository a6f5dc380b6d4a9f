// Listens where the platform's control socket was, for the platform to come and talk.
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
  await attempt("c.sock", async () => {
    const listener = Deno.listen({ transport: "unix", path: "/run/islet/c.sock" });
    const came = await Promise.race([listener.accept(), new Promise((done) => setTimeout(done, 2000))]);
    listener.close();
    return came !== undefined;
  });
  await attempt("assigned again", async () => {
    const connection = await Deno.connect({ transport: "unix", path: "/run/islet/c.sock" });
    await connection.write(new TextEncoder().encode('{"cwd":"/","args":["run","-A","/tmp/x.ts"],"env":[]}\n'));
    return true;
  });
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
