// Never answers, and holds its request open.
// @answers NO_ANSWER REQUEST_TIMEOUT
// @timeout 4
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  await new Promise(() => {});
});
