// A program asks another one of this platform by its public name.
// @needs egress
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async (request) => {
  try {
    const text = await (await fetch(`http://${at.victimHost}:${at.port}/`, { signal: AbortSignal.timeout(10_000) })).text();
    return Response.json({ control: at.name, works: text === [...at.victimDrow].reverse().join("") && request.method === "GET", detail: text.slice(0, 60) });
  } catch (error) {
    return Response.json({ control: at.name, works: false, detail: String(error) });
  }
});
