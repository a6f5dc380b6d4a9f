// Asks itself by its own public name, each request one more.
// @answers UNCAUGHT_EXCEPTION LOOP_DETECTED
// @needs egress
// @alone
const at = JSON.parse(Deno.env.get("ATTACK")!);
const got: string[] = [];
const refused: string[] = [];

Deno.serve(async (request) => {
  const depth = Number(new URL(request.url).searchParams.get("depth") ?? 0);
  if (depth >= 40) return Response.json({ deep: true });
  const answer = await fetch(`http://${new URL(request.url).hostname}:${at.port}/?depth=${depth + 1}`);
  const text = await answer.text();
  if (depth > 0) return new Response(text, { status: answer.status });
  if (text.includes("deep")) got.push("40 requests deep");
  refused.push(`${answer.status} ${text.slice(0, 40)}`);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
