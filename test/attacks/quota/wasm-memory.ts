// Fills memory by WebAssembly.
// @answers MEMORY_LIMIT
// @recycled
// @alone
// @timeout 60
const boot = crypto.randomUUID();

Deno.serve(async (request) => {
  if (new URL(request.url).pathname === "/boot") return new Response(boot);
  const kept: WebAssembly.Memory[] = [];
  for (;;) {
    const memory = new WebAssembly.Memory({ initial: 256 });
    new Uint8Array(memory.buffer).fill(1);
    kept.push(memory);
    await new Promise((done) => setTimeout(done));
  }
});
