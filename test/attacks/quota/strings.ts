// Doubles a string until memory ends, and writes it all out.
// @answers MEMORY_LIMIT EVENT_LOOP_BLOCKED
// @recycled
// @alone
// @timeout 60
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  const kept: string[] = [];
  for (let i = 0;; i++) {
    kept.push(("x" + i).repeat(1 << 22));
    new TextEncoder().encode(kept[i]);
    await new Promise((done) => setTimeout(done));
  }
});
