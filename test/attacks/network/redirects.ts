// Lets a public host send it to private ones.
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
  const goals = ["http://10.7.0.2/", "http://169.254.169.254/", "http://[fd00:7::2]/", `http://127.0.0.1:${at.canaryPort}/`, `http://0.0.0.0:${at.canaryPort}/`, `http://[::]:${at.canaryPort}/`, "http://private.example/", "http://2130706433/", "http://public.example/to?http%3A%2F%2F10.7.0.2%2F"];
  for (const goal of goals) {
    await attempt(goal, () => fetches(`http://public.example/to?${encodeURIComponent(goal)}`, { redirect: "follow" }));
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
