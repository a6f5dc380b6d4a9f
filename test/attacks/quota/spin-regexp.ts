// Spins in a regular expression, where no script runs.
// @answers TIME_LIMIT EVENT_LOOP_BLOCKED
// @recycled
// @long
// @needs limits
// @timeout 90
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  return new Response(String(/^(a+)+$/.test("a".repeat(45) + "b")));
});
