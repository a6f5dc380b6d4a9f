// Prints lines as fast as it can for five seconds.
// @answers ANYTHING
// @logs
// @alone
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async () => {
  for (const end = Date.now() + 5000; Date.now() < end;) {
    for (let i = 0; i < 1000; i++) console.log("flood " + i);
    await new Promise((done) => setTimeout(done));
  }
  return new Response(`${at.name} was printed`);
});
