// Uses names that change their address between the check and the connection.
// @harmless
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
const canary = () => [...at.canaryDrow].reverse().join("");
const limit = 3000;
const timely = (work: Promise<any>) => Promise.race([work, new Promise((_, failed) => setTimeout(() => failed(new Error("late")), limit))]);
// whatever listens there gives the word at once
async function asks(hostname: string, port: number) {
  const connection: any = await timely(Deno.connect({ hostname, port }));
  try {
    await timely(connection.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)));
    const buffer = new Uint8Array(4096);
    const length = await timely(connection.read(buffer));
    return new TextDecoder().decode(buffer.subarray(0, length ?? 0)).includes(canary());
  } finally {
    connection.close();
  }
}
async function fetches(url: string, init = {}) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(limit), ...init });
  return (await answer.text()).includes(canary());
}

Deno.serve(async () => {
  for (let times = 0; times < 12; times++) {
    await attempt("fetch", () => fetches(`http://rebind${times}.example/`));
    await attempt("connect", () => asks("rebind.example", 80));
  }
  await attempt("resolved first", async () => {
    const addresses: string[] = [];
    for (let times = 0; times < 3; times++) addresses.push(...await timely(Deno.resolveDns("rebind.example", "A")));
    return (await Promise.all(addresses.map((address) => asks(address, 80).catch(() => false)))).includes(true);
  });
  refused.length = Math.min(refused.length, 8);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
