// Signals processes that are not its own: the first, its parent, all, and the server.
// @answers UNCAUGHT_EXCEPTION ISOLATE_INTERNAL_FAILURE ABORTED
const at = JSON.parse(Deno.env.get("ATTACK")!);
import process from "node:process";
const got: string[] = [];
const refused: string[] = [];
async function attempt(what: string, act: () => unknown) {
  try {
    (await act() ? got : refused).push(what);
  } catch (error) {
    refused.push(`${what}: ${(error as any).code ?? (error as Error).name}`);
  }
}

Deno.serve(async () => {
  for (const pid of [at.serverProcess, -at.serverProcess, Deno.ppid]) {
    await attempt(`probe ${pid}`, () => (process.kill(pid, 0), pid !== Deno.ppid || Deno.ppid > 2));
  }
  await attempt("kill server", () => (Deno.kill(at.serverProcess, "SIGURG"), true));
  await attempt("stop parent", () => (Deno.kill(Deno.ppid, "SIGSTOP"), false));
  await attempt("kill 1", () => (Deno.kill(1, "SIGKILL"), false));
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
