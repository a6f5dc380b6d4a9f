// Answers with fields that speak to the edge: connection, upgrade, server timing of others.
// @answers ANYTHING
// @again
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(() =>
  new Response(`${at.name}`, { status: 200, headers: { connection: "close, x-islet-client", upgrade: "h2c", "keep-alive": "timeout=1", "proxy-authenticate": "Basic", trailer: "x", "alt-svc": "clear" } })
);
