// Kills everything it can reach, by kill(-1).
// @answers UNCAUGHT_EXCEPTION ISOLATE_INTERNAL_FAILURE
// @recycled
// @alone
import process from "node:process";
const boot = crypto.randomUUID();

Deno.serve((request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  try {
    process.kill(-1, "SIGKILL");
  } catch { /* not even that */ }
  process.kill(process.pid, "SIGKILL");
  return new Response("still here");
});
