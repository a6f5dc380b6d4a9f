// Writes into the memory of other processes and of the kernel's switches.
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
  for (const path of ["/proc/1/mem", `/proc/${at.serverProcess}/mem`, "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]) {
    await attempt(path, () => {
      Deno.openSync(path, { write: true }).close(); // opened, never written
      return true;
    });
  }
  return Response.json({
    attack: at.name,
    escaped: got.length > 0,
    detail: got.length > 0 ? `got ${got.join(", ")}` : `refused: ${refused.join(", ")}`,
  });
});
