// Starts workers without end.
// @answers MEMORY_LIMIT UNCAUGHT_EXCEPTION ISOLATE_INTERNAL_FAILURE
// @recycled
// @alone
// @timeout 60
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  const url = URL.createObjectURL(new Blob(["setInterval(() => {}, 1000); const kept = new Uint8Array(4 << 20).fill(1);"]));
  const kept: Worker[] = [];
  for (;;) {
    kept.push(new Worker(url, { type: "module" }));
    await new Promise((done) => setTimeout(done, 5));
  }
});
