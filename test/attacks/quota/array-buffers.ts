// Fills memory outside of the JavaScript heap by buffers.
// @answers MEMORY_LIMIT EVENT_LOOP_BLOCKED
// @recycled
// @alone
// @timeout 60
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  const kept: Uint8Array[] = [];
  for (;;) {
    kept.push(new Uint8Array(8 << 20).fill(1));
    await new Promise((done) => setTimeout(done));
  }
});
