// Mounts, binds and turns its root around, by old calls and new.
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
  await attempt("tmpfs", () => call(165, text("x"), text("/tmp"), text("tmpfs"), 0, 0) === 0);
  await attempt("remount", () => call(165, text("none"), text("/src"), 0, 32, 0) === 0);
  await attempt("bind", () => call(165, text("/proc"), text("/tmp"), 0, 4096, 0) === 0);
  await attempt("umount", () => call(166, text("/src"), 2) === 0);
  await attempt("pivot_root", () => call(155, text("/tmp"), text("/tmp")) === 0);
  await attempt("chroot", () => call(161, text("/tmp")) === 0);
  await attempt("open_tree", () => call(428, -100, text("/"), 1) >= 0);
  await attempt("fsopen", () => call(430, text("tmpfs"), 0) >= 0);
  await attempt("mount_setattr", () => call(442, -100, text("/src"), 0, new Uint8Array(32), 32) === 0);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
