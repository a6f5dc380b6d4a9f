// Stops its own process, so that it neither answers nor ends.
// @answers TIME_LIMIT EVENT_LOOP_BLOCKED
// @recycled
// @long
// @needs limits
// @timeout 90
import process from "node:process";
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  process.kill(process.pid, "SIGSTOP");
  return new Response("thawed");
});
