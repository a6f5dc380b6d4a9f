// Points the exporter of its own telemetry to private hosts, by variables that it sets itself.
// @answers ANYTHING
// @logs
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async () => {
  for (const [name, value] of Object.entries({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://10.7.0.2:80", OTEL_RESOURCE_ATTRIBUTES: `deployment.id=${at.victimDeployment}`, OTEL_DENO: "true" })) Deno.env.set(name, value);
  const worker = new Worker(URL.createObjectURL(new Blob(["console.log('from a worker')"])), { type: "module" });
  console.log(at.mark);
  await new Promise((done) => setTimeout(done, 1500));
  worker.terminate();
  return new Response(`${at.name} was printed`);
});
