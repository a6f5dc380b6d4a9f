// Puts line breaks into its fields, to write fields and answers of its own.
// @answers ANYTHING
// @again
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(() => {
  const refused: string[] = [];
  for (const value of ["a\r\nset-cookie: x=y", "a\nx: y", "a\0b", "\u010a"]) {
    try {
      const headers = new Headers({ "x-test": value });
      if (/[\r\n\0]/.test(headers.get("x-test")!)) return new Response("x", { headers });
    } catch { refused.push(JSON.stringify(value)); }
  }
  return Response.json({ attack: at.name, escaped: refused.length < 3, detail: `refused ${refused.join(" ")}` });
});
