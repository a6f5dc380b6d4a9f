// Throws where nobody catches, by the thousand.
// @answers UNCAUGHT_EXCEPTION
// @recycled
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  for (let i = 0; i < 1000; i++) {
    queueMicrotask(() => { throw new Error("uncaught " + i); });
    Promise.reject(new Error("unhandled " + i));
  }
  await new Promise(() => {});
});
