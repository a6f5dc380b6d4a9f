// Fills the JavaScript heap.
// @answers MEMORY_LIMIT EVENT_LOOP_BLOCKED
// @recycled
// @alone
// @timeout 60
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  const kept: unknown[] = [];
  for (;;) {
    for (let i = 0; i < 100_000; i++) kept.push({ i, text: "x" + i });
    await new Promise((done) => setTimeout(done));
  }
});
