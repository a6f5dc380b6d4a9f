// Searches its variables, arguments and process facts for what is not its own.
const at = JSON.parse(Deno.env.get("ATTACK")!);
const got: string[] = [];
const refused: string[] = [];

Deno.serve(async () => {
  const process = (await import("node:process")).default;
  const { ATTACK: _, ...mine } = Deno.env.toObject();
  const all = JSON.stringify([mine, Deno.args, process.argv, process.execArgv, process.execPath, process.title, Deno.mainModule, Deno.cwd(), import.meta]);
  for (const backwards of at.secretsBackwards) if (all.includes([...backwards].reverse().join(""))) got.push("a secret");
  if (all.includes(at.data)) got.push("the data directory");
  for (const name of Object.keys(mine)) if (/^(ISLET|LOG$|DOTNET|ASPNETCORE|SUDO|SSH|AWS|INVOCATION)/.test(name)) got.push(name);
  refused.push(Object.keys(mine).join(" "));
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
