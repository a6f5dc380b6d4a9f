// Blocks its event loop without using the processor.
// @answers TIME_LIMIT EVENT_LOOP_BLOCKED
// @recycled
// @long
// @needs limits
// @timeout 90
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  return new Response("woken");
});
