// Asks the API by the server's own addresses, as somebody who is inside and needs no token.
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
  for (const host of [at.serverV4, "10.7.0.1", "[fd00:7::1]", "[2606:2800:220:1::1]", at.domain, `api.${at.domain}`]) {
    for (const headers of [{}, { "x-forwarded-for": "127.0.0.1", forwarded: "for=127.0.0.1" }, { authorization: "Bearer " }, { "x-islet-client": "127.0.0.1:1" }]) {
      await attempt(host, async () => {
        const answer = await fetch(`http://${host}:${at.port}/v1/organizations/${at.organization}`, { headers: headers as any, signal: AbortSignal.timeout(limit) });
        return answer.status === 200 && (await answer.text()).includes(at.organization);
      });
    }
  }
  refused.length = Math.min(refused.length, 6);
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
