// Spells a private address as a number, in octal, hexadecimal, mapped, translated.
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
  const spellings = ["168230914", "0xa070002", "012.07.0.2", "10.458754", "0x0a.0x07.0.2", "[::ffff:10.7.0.2]", "[::ffff:a07:2]", "[64:ff9b::a07:2]", "[64:ff9b::10.7.0.2]", "[2002:a07:2::1]", "[::10.7.0.2]", "10.7.0.2.", "１０.７.０.２", "10。7。0。2"];
  await Promise.all(spellings.map((host) => attempt(host, () => fetches(`http://${host}/`))));
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
