// Starts threads until the limit of its cgroup.
// @answers MEMORY_LIMIT UNCAUGHT_EXCEPTION ISOLATE_INTERNAL_FAILURE
// @alone
// @timeout 60
const at = JSON.parse(Deno.env.get("ATTACK")!);
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
  await attempt("1000 threads", async () => {
    const { Worker: Thread } = await import("node:worker_threads");
    const threads: any[] = [];
    for (let i = 0; i < 300; i++) {
      const thread = new Thread("setInterval(() => {}, 1000)", { eval: true });
      thread.on("error", () => {});
      threads.push(thread);
    }
    await new Promise((done) => setTimeout(done, 4000));
    return threads.length >= 1000;
  });
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
