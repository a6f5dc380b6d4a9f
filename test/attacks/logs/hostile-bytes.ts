// Prints NUL, terminal escapes, text that runs backwards, and bytes that are no UTF-8.
// @answers ANYTHING
// @logs
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async () => {
  console.log("nul \0 bell \x07 escape \x1b[2J\x1b]0;owned\x07 back \b\r bidi \u202e\u2066 joined \u200d surrogate \ud800");
  await Deno.stdout.write(new Uint8Array([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0x0a]));
  await Deno.stderr.write(new Uint8Array([0xe2, 0x82, 0x0a, 0x0d, 0x0a, 0x85, 0x0a]));
  return new Response(`${at.name} was printed`);
});
