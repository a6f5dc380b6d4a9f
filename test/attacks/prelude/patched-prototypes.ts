// Patches Map, Object, Array and Promise to see what the platform's own code holds.
const at = JSON.parse(Deno.env.get("ATTACK")!);

const seen: string[] = [];
const watch = (owner: any, name: string) => {
  const real = owner[name];
  owner[name] = function (...words: unknown[]) {
    try {
      for (const word of [this, ...words]) if (typeof word === "string") seen.push(word);
    } catch { /* only looking */ }
    return real.apply(this, words);
  };
};
for (const [owner, names] of [[Map.prototype, ["set", "get"]], [String.prototype, ["slice", "lastIndexOf", "split"]], [Array.prototype, ["push", "join"]], [Headers.prototype, ["get", "set"]], [JSON, ["parse", "stringify"]]] as const) {
  for (const name of names) watch(owner, name);
}
(Object.prototype as any).toJSON = function () { seen.push(String(this)); return this; };

Deno.serve((_request, info) => {
  void info.remoteAddr;
  delete (Object.prototype as any).toJSON;
  const all = seen.join("\n");
  const secrets = at.secretsBackwards.map((s: string) => s.split("").reverse().join(""));
  return Response.json({ attack: at.name, escaped: secrets.some((s: string) => all.includes(s)) || all.includes(at.data + "/"), detail: `saw ${seen.length} strings` });
});
