// Writes into the memory of processes that may do more than itself, and to the kernel's switches.
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

Deno.serve(async () => {
  const rights = (pid: number | string) => /^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):.*$/gm[Symbol.match](Deno.readTextFileSync(`/proc/${pid}/status`))?.join();
  const opens = (path: string) => {
    Deno.openSync(path, { write: true }).close(); // opened, never written
    return true;
  };
  // the jail's own first process is not more than its equal; then there is nothing to gain
  for (const pid of [1, at.serverProcess]) await attempt(`memory of ${pid}`, () => opens(`/proc/${pid}/mem`) && rights(pid) !== rights("self"));
  for (const path of ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]) {
    await attempt(path, () => opens(path));
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
