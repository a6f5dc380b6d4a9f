// Answers with a body that is a thousand times as large once it is unpacked.
// @answers ANYTHING
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  const zeros = new ReadableStream({ start(stream) { for (let i = 0; i < 64; i++) stream.enqueue(new Uint8Array(1 << 20)); stream.close(); } });
  return new Response(zeros.pipeThrough(new CompressionStream("gzip")), { headers: { "content-encoding": "gzip" } });
});
