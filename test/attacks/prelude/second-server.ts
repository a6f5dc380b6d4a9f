// Starts more servers: on all interfaces, on privileged ports, on the platform's port, on addresses of the host.
const at = JSON.parse(Deno.env.get("ATTACK")!);

const opened: string[] = [];
let visitors = 0;
Deno.serve(async () => {
  const servers: Deno.HttpServer[] = [];
  for (const [hostname, port] of [["0.0.0.0", 8000], ["0.0.0.0", 80], ["::", at.canaryPort], [at.serverV4, 9999], ["10.7.0.1", 9999]] as const) {
    try {
      servers.push(Deno.serve({ hostname, port, onListen() {} }, () => {
        visitors++;
        return new Response("second");
      }));
      opened.push(`${hostname}:${port}`);
    } catch { /* refused */ }
  }
  // every address is its own in its network: what counts is whether anybody from outside comes; listening ports are looked at outside too
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const server of servers) await server.shutdown();
  return Response.json({ attack: at.name, escaped: visitors > 0, detail: `opened ${opened.join(", ")}, visitors ${visitors}` });
});
