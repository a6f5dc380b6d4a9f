// Takes its socket over and answers with a head of eight megabytes.
// @answers ANYTHING
// @again
const at = JSON.parse(Deno.env.get("ATTACK")!);

// The platform connects to whatever listens at this path when the program says that it serves.
function rawServer(answer: string) {
  Deno.serve(() => new Response("never"));
  Deno.removeSync("/run/islet/a.sock");
  const listener = Deno.listen({ transport: "unix", path: "/run/islet/a.sock" });
  (async () => {
    for await (const connection of listener) {
      (async () => {
        const buffer = new Uint8Array(64 << 10);
        while (await connection.read(buffer)) await connection.write(new TextEncoder().encode(answer));
      })().catch(() => {});
    }
  })();
}

rawServer("HTTP/1.1 200 OK\r\n" + ("x-long: " + "a".repeat(8000) + "\r\n").repeat(1000) + "content-length: 2\r\n\r\nok");
