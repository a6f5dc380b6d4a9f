// Looks for memory and queues shared with others (System V, POSIX).
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
  await attempt("shmget", () => call(29, 0x15137, 4096, 0o1666) >= 0);
  await attempt("msgget", () => call(68, 0x15137, 0o1666) >= 0);
  await attempt("semget", () => call(64, 0x15137, 1, 0o1666) >= 0);
  await attempt("mq_open", () => call(240, text("islet"), 0o102, 0o666, 0) >= 0);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
