// Connects to an abstract Unix socket of the server's network namespace.
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
  const net = await import("node:net");
  await attempt("node:net", () => new Promise((done, failed) => net.connect({ path: "\0" + at.abstractSocket }, () => done(true)).on("error", failed)));
  await attempt("Deno.connect", async () => !!await Deno.connect({ transport: "unix", path: "\0" + at.abstractSocket }));
  await attempt("connect(2)", () => {
    const address = new Uint8Array(3 + at.abstractSocket.length);
    address[0] = 1;
    address.set(new TextEncoder().encode(at.abstractSocket), 3);
    return call(42, call(41, 1, 1, 0), address, address.length) === 0;
  });
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
