// Answers without end, as fast as it is read.
// @answers ENDLESS
// @alone
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  const piece = new Uint8Array(64 << 10).fill(46);
  return new Response(new ReadableStream({ pull: (stream) => stream.enqueue(piece) }));
});
