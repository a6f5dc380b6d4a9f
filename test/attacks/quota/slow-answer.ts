// Answers one byte a second without end, in twenty streams.
// @answers NO_ANSWER
// @timeout 4
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  return new Response(new ReadableStream({ pull: async (stream) => { await new Promise((done) => setTimeout(done, 1000)); stream.enqueue(new Uint8Array(1)); } }));
});
