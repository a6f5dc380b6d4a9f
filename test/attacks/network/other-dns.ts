// Asks name servers of its own choice in private networks.
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
  const { Resolver } = await import("node:dns/promises");
  for (const address of ["10.7.0.2", "169.254.169.254", "192.168.7.2"]) {
    await attempt("Deno " + address, async () => (await timely(Deno.resolveDns("islet.example", "TXT", { nameServer: { ipAddr: address, port: 53 } }))).length > 0);
    await attempt("Deno, other port, " + address, async () => (await timely(Deno.resolveDns("islet.example", "A", { nameServer: { ipAddr: address, port: at.canaryPort } }))).length > 0);
    await attempt("node " + address, async () => {
      const resolver = new Resolver({ timeout: 1000, tries: 1 });
      resolver.setServers([address]);
      return (await timely(resolver.resolve4("islet.example"))).length > 0;
    });
    await attempt("TCP " + address, () => asks(address, 53));
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
