// Speaks to the clock of crons by itself: other lines than Deno's, endless ones, and in many connections.
// @database
// @answers ANYTHING
const at = JSON.parse(Deno.env.get("ATTACK")!);
const told: string[] = [];

async function say(what: string, pieces: Iterable<string>) {
  try {
    const connection = await Deno.connect({ hostname: "cron.islet.internal", port: 9000 });
    try {
      for (const piece of pieces) await connection.write(new TextEncoder().encode(piece));
      const answer = await Promise.race([connection.read(new Uint8Array(4096)), new Promise((done) => setTimeout(done, 500, "silent"))]);
      told.push(`${what}: ${answer === null ? "closed" : answer}`);
    } finally {
      connection.close();
    }
  } catch (error) {
    told.push(`${what}: ${(error as Error).name}`);
  }
}

Deno.serve(async () => {
  const line = (message: unknown) => JSON.stringify(message) + "\n";
  await say("register", [line({ kind: "register", crons: [{ name: at.victimDeployment, schedule: "* * * * *" }] })]);
  await say("result", [line({ kind: "result", name: at.victimDeployment, success: true })]);
  await say("endless", Array.from({ length: 200 }, () => "x".repeat(65536)));
  await say("deep", ["[".repeat(1_000_000) + "\n"]);
  await say("bytes", ["\u0000\uffff\n\n\n{}\n", line({ kind: "__proto__" })]);
  await Promise.all(Array.from({ length: 200 }, (_, n) => say(`many ${n}`, [line({ kind: "reject-ack" })])));
  return new Response(told.join(", "));
});
