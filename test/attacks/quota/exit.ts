// Ends its process in the middle of a request.
// @answers UNCAUGHT_EXCEPTION ISOLATE_INTERNAL_FAILURE
// @recycled
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  Deno.exit(0);
});
