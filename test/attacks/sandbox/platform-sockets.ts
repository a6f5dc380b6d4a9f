// Connects to the sockets of the platform and of other isolates by their paths on the host.
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

Deno.serve(async () => {
  const paths = [...at.serveSockets, "/run/islet/c.sock", `${at.data}/run/jailer.sock`, "/run/dbus/system_bus_socket", "/run/docker.sock", "/var/run/docker.sock", "/run/systemd/private"];
  for (const path of paths) {
    await attempt(path, async () => {
      const connection = await Deno.connect({ transport: "unix", path });
      connection.close();
      return true;
    });
    await attempt("fetch " + path, async () => {
      const client = Deno.createHttpClient({ proxy: { transport: "unix", path } } as any);
      return (await (await fetch(`http://${at.victimHost}/`, { client })).text()).includes([...at.victimDrow].reverse().join(""));
    });
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
