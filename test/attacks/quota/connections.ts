// Opens connections to a public host without end.
// @alone
// @timeout 60
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
  const open: Deno.Conn[] = [];
  await attempt("1000 connections", async () => {
    while (open.length < 1000) open.push(await Deno.connect({ hostname: at.publicV4, port: 80 }));
    let alive = 0; // taken and closed again is not open
    await Promise.all(open.map(async (connection) => {
      await connection.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n")).then(() => connection.read(new Uint8Array(64))).then((n) => alive += n ? 1 : 0, () => {});
    }));
    refused.push(`${alive} of ${open.length} live`);
    return alive > 400;
  });
  open.forEach((connection) => connection.close());
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
