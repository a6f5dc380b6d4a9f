// Replaces Deno.serve and fetch for all that comes, and serves by the replaced one.
// @again
const at = JSON.parse(Deno.env.get("ATTACK")!);

const taken: string[] = [];
const real = Deno.serve;
(Deno as any).serve = (...words: any[]) => (taken.push("serve"), (real as any)(...words));
globalThis.fetch = (() => (taken.push("fetch"), Promise.reject(new Error("mine")))) as any;
Object.freeze(Deno);
Object.freeze(globalThis.Response);

Deno.serve((request) => {
  const headers = JSON.stringify([...request.headers]);
  return Response.json({ attack: at.name, escaped: at.secretsBackwards.some((s: string) => headers.includes([...s].reverse().join(""))), detail: taken.join(" ") });
});
