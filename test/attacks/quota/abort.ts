// Ends its process by a signal of its own.
// @answers UNCAUGHT_EXCEPTION ISOLATE_INTERNAL_FAILURE
// @recycled
import process from "node:process";
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  process.kill(process.pid, "SIGABRT");
  await new Promise(() => {});
});
