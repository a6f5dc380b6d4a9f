// A program resolves public names.
// @harmless
// @needs egress
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async (request) => {
  try {
    const addresses = await Deno.resolveDns("public.example", "A");
    return Response.json({ control: at.name, works: addresses.includes(at.publicV4) && request.method === "GET", detail: addresses.join(" ") });
  } catch (error) {
    return Response.json({ control: at.name, works: false, detail: String(error) });
  }
});
