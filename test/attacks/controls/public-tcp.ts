// A program connects to a public host below fetch.
// @harmless
// @needs egress
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async (request) => {
  try {
    const connection = await Deno.connect({ hostname: "public.example", port: 80 });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    const buffer = new Uint8Array(4096);
    const length = await connection.read(buffer) ?? 0;
    return Response.json({ control: at.name, works: new TextDecoder().decode(buffer.subarray(0, length)).includes(at.publicWord) && request.method === "GET", detail: `${length} bytes` });
  } catch (error) {
    return Response.json({ control: at.name, works: false, detail: String(error) });
  }
});
