// Starts more servers: on all interfaces, on privileged ports, on the platform's port.
const at = JSON.parse(Deno.env.get("ATTACK")!);

const opened: string[] = [];
Deno.serve(async () => {
  for (const [hostname, port] of [["0.0.0.0", 8000], ["0.0.0.0", 80], ["::", at.canaryPort], [at.serverV4, 9999], ["10.7.0.1", 9999]] as const) {
    try {
      const server = Deno.serve({ hostname, port, onListen() {} }, () => new Response("second"));
      opened.push(`${hostname}:${port}`);
      await server.shutdown();
    } catch { /* refused */ }
  }
  // an address of the server itself can only be had in its network
  return Response.json({ attack: at.name, escaped: opened.some((place) => place.startsWith(at.serverV4) || place.startsWith("10.7")), detail: `opened ${opened.join(", ")}` });
});
