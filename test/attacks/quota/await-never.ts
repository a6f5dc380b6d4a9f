// Waits while it is imported for what never comes.
// @build-fails No server was listening
await new Promise((done) => setTimeout(done, 1e9));
Deno.serve(() => new Response("late"));
