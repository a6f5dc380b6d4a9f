// Makes promises, timers and callbacks faster than they can be kept.
// @answers MEMORY_LIMIT EVENT_LOOP_BLOCKED
// @recycled
// @alone
// @timeout 60
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  const kept: Promise<unknown>[] = [];
  for (;;) {
    for (let i = 0; i < 50_000; i++) kept.push(new Promise(() => setTimeout(() => i, 1e9)));
    await new Promise((done) => setTimeout(done));
  }
});
