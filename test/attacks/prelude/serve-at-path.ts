// Serves at sockets of its own choice: beside its own, in place of others', in the data directory.
const at = JSON.parse(Deno.env.get("ATTACK")!);

const opened: string[] = [];
Deno.serve(async () => {
  for (const path of ["/run/islet/b.sock", `${at.data}/run/${at.mark}`, ...at.serveSockets, "/run/" + at.mark]) {
    try {
      const server = Deno.serve({ path, onListen() {} } as any, () => new Response("second"));
      opened.push(path);
      await server.shutdown();
    } catch { /* refused */ }
  }
  return Response.json({ attack: at.name, escaped: opened.some((path) => !path.startsWith("/run/islet/")), detail: `opened ${opened.join(", ")}` });
});
