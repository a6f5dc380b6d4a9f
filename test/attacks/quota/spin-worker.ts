// Spins in workers while its event loop stays free.
// @answers TIME_LIMIT EVENT_LOOP_BLOCKED
// @recycled
// @long
// @needs limits
// @timeout 90
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  const url = URL.createObjectURL(new Blob(["for (;;);"]));
  for (let i = 0; i < 4; i++) new Worker(url, { type: "module" });
  await new Promise(() => {});
});
