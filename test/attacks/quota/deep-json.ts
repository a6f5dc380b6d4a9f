// Answers with JSON that is nested a hundred thousand times.
// @answers ANYTHING
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  return new Response("[".repeat(100_000) + "]".repeat(100_000), { headers: { "content-type": "application/json" } });
});
