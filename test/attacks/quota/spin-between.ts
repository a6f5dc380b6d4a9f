// Spins after it has answered, when no request is there to be blamed.
// @answers ANYTHING
// @alone
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  setTimeout(() => { for (const end = Date.now() + 8000; Date.now() < end;); }, 10);
  return new Response("soon");
});
