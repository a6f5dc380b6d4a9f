// A program reaches a public host (v6).
// @harmless
// @needs egress
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async (request) => {
  try {
    const text = await (await fetch(`http://[${at.publicV6}]/`, { signal: AbortSignal.timeout(10_000) })).text();
    return Response.json({ control: at.name, works: text === at.publicWord && request.method === "GET", detail: text.slice(0, 40) });
  } catch (error) {
    return Response.json({ control: at.name, works: false, detail: String(error) });
  }
});
