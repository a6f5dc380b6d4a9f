// Reads and makes keys of the kernel.
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
const text = (s: string) => new TextEncoder().encode(s + "\0");

Deno.serve(async () => {
  await attempt("keyctl", () => call(250, 0, -4, 1) >= 0);
  await attempt("add_key", () => call(248, text("user"), text("islet"), text("x"), 1, -3) >= 0);
  await attempt("request_key", () => call(249, text("user"), text("islet"), 0, -3) >= 0);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
