// Prints one line of six megabytes.
// @answers ANYTHING
// @logs
// @alone
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async () => {
  const piece = new TextEncoder().encode("x".repeat(1 << 20));
  for (let i = 0; i < 6; i++) {
    for (let at = 0; at < piece.length;) at += await Deno.stdout.write(piece.subarray(at));
  }
  console.log();
  return new Response(`${at.name} was printed`);
});
