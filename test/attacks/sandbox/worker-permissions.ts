// Starts workers with more permissions than it has itself.
// @answers UNCAUGHT_EXCEPTION
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

Deno.serve(async () => {
  for (const permissions of ["inherit", { read: true, net: true, run: true, ffi: true }, { read: ["/"] }]) {
    await attempt(JSON.stringify(permissions), () =>
      new Promise((done, failed) => {
        const source = `try { postMessage(Deno.readTextFileSync(${JSON.stringify(at.canaryFile)})) } catch (e) { postMessage(e.name) }`;
        const worker = new Worker(URL.createObjectURL(new Blob([source])), { type: "module", deno: { permissions } } as any);
        worker.onmessage = (event) => (worker.terminate(), done(event.data.includes(canary())));
        worker.onerror = (event) => (event.preventDefault(), failed(new Error(event.message)));
        setTimeout(() => done(false), 3000);
      }));
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
