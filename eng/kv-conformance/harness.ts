// Runs Deno's KV tests inside a slot: takes the place of Deno.test, and of databases in memory and in files, which all become
// the deployment's own. GET / lists the tests, POST /INDEX runs one and answers how it ended.
const LIMIT_MS = 40_000;

type Test = { name: string; ignore?: boolean; fn: () => unknown };
const tests: Test[] = [];
const native = Deno.openKv;

Object.defineProperty(Deno, "test", {
  value(...args: unknown[]) {
    const parts = args.map((arg) => typeof arg === "string" ? { name: arg } : typeof arg === "function" ? { fn: arg } : arg);
    const test = Object.assign({}, ...parts) as Test;
    test.name ??= test.fn.name;
    tests.push(test);
  },
});
let files = 0;
Object.defineProperties(Deno, {
  makeTempFile: { value: () => Promise.resolve(`/tmp/kv-${++files}`) },
  remove: { value: () => Promise.resolve() },
  openKv: { value: (path?: string) => native(path === ":memory:" || path?.startsWith("/tmp/kv-") ? undefined : path) },
});

async function clear() {
  using kv = await native();
  for await (const { key } of kv.list({ prefix: [] })) await kv.delete(key);
}

async function run(test: Test) {
  let timer;
  try {
    await clear();
    const late = new Promise((_, reject) => timer = setTimeout(() => reject(new Error(`not over after ${LIMIT_MS} ms`)), LIMIT_MS));
    await Promise.race([test.fn(), late]);
    return { ok: true };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.stack : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

addEventListener("unhandledrejection", (event) => event.preventDefault()); // of a test that is over
Deno.serve(async (request) => {
  const index = new URL(request.url).pathname.slice(1);
  return Response.json(index === "" ? tests.map(({ name, ignore }) => ({ name, ignore })) : await run(tests[Number(index)]));
});
