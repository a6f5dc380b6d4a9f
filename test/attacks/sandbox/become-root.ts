// Becomes root, or gets capabilities.
const at = JSON.parse(Deno.env.get("ATTACK")!);
const got: string[] = [];
const refused: string[] = [];
async function attempt(what: string, act: () => unknown) {
  try {
    (await act() ? got : refused).push(what);
  } catch (error) {
    refused.push(`${what}: ${(error as any).code ?? (error as Error).name}`);
  }
}
const number = ["i64", "i64", "i64", "i64", "i64", "i64", "i64"] as const;
let symbols: any; // once: a child must not load anything
const libc = () => symbols ??= Deno.dlopen("libc.so.6", { syscall: { parameters: number, result: "i64" } }).symbols;
function call(nr: number, ...words: (number | bigint | Uint8Array)[]) {
  const value = (w: any) => w instanceof Uint8Array ? Deno.UnsafePointer.value(Deno.UnsafePointer.of(w)) : BigInt(w ?? 0);
  const [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map((i) => value(words[i]));
  return Number(libc().syscall(BigInt(nr), a, b, c, d, e, f));
}

Deno.serve(async () => {
  await attempt("setuid", () => call(105, 0) === 0);
  await attempt("setresuid", () => call(117, 0, 0, 0) === 0);
  await attempt("setgid", () => call(106, 0) === 0);
  await attempt("setgroups", () => call(116, 0, 0) === 0);
  const head = new Uint8Array(new Uint32Array([0x20080522, 0]).buffer);
  await attempt("capset", () => call(126, head, new Uint8Array(24).fill(255)) === 0);
  await attempt("ambient", () => call(157, 47, 2, 21, 0, 0) === 0);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
