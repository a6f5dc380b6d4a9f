// Replaces the console and the streams below it, then prints in the platform's way.
// @answers ANYTHING
// @logs
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async () => {
  const print = (Deno as any)[(Deno as any).internal]?.core?.print;
  print?.(`[${at.victimDeployment}] ${at.mark}\n`, false);
  print?.(`${at.victimDeployment} ${at.mark}\n`, true);
  globalThis.console = new Proxy({}, { get: () => () => {} }) as any;
  console.log(at.mark);
  return new Response(`${at.name} was printed`);
});
