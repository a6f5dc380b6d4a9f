using System.Globalization;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Supervision;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Starting;

/// <summary>Boots one slot up to the point where it waits for its assignment; off the request path when the pool is warm.</summary>
internal sealed class BootSlot(IOptions<IsolatesOptions> settings, Jail jail, SlotNumbers numbers, EndSlot end, IsolateConsoles consoles, TimeProvider time)
{
    const long DenoDirSize = 32 << 20;

    readonly IsolatesOptions options = settings.Value;
    long lastId;

    /// <exception cref="SlotBootException">It died or did not come up in time; nothing of it is left.</exception>
    public async Task<Slot> RunAsync(CancellationToken cancellation)
    {
        // 1 its directories
        var id = new IsolateId(Interlocked.Increment(ref lastId));
        var number = numbers.Take();
        var name = id.Value.ToString(CultureInfo.InvariantCulture);
        var files = new SlotFiles(Path.Combine(jail.Run.Slots, name), jail.Sandbox.UidOf(number));
        Slot? slot = null;
        var control = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            files.Create();

            // 2 the process
            var plan = Plan(name, number, files);
            var process = await jail.Sandbox.StartAsync(plan);
            slot = new Slot(id, files, plan, process, control, consoles.Open(id, process.Output, process.Error));
            _ = process.PollMemoryAsync(time);

            // 3 its control socket: connect at once and take the name away, so that nobody else can
            if (!await ConnectAsync(slot, cancellation))
                throw new SlotBootException(await WhyAsync(slot));
            File.Delete(files.ControlSocket);
            return slot;
        }
        catch
        {
            if (slot is not null)
            {
                await end.RunAsync(slot, TimeSpan.Zero);
            }
            else
            {
                control.Dispose();
                files.Remove();
                numbers.GiveBack(number);
            }
            throw;
        }
    }

    JailPlan Plan(string name, int number, SlotFiles files) => new(
        name, number, files.Directory,
        [
            JailMount.ReadWrite(JailPaths.Platform, files.Sockets),
            JailMount.ReadOnly(Preludes.ForAll, jail.Run.Bootstrap("prelude.js")),
            JailMount.ReadOnly(Preludes.ForNode, jail.Run.Bootstrap("node.js")),
            JailMount.ReadOnly(JailPaths.Source, files.App),
            JailMount.Tmpfs("/tmp", options.TmpSize),
            JailMount.Tmpfs(JailPaths.DenoDir, DenoDirSize),
            JailMount.ReadOnly(JailPaths.DenoDir + "/npm", files.Npm),
            JailMount.ReadOnly(JailPaths.DenoDir + "/remote", files.Remote),
        ],
        SlotEnvironment.OfBoot(options.MemoryLimit), JailPaths.Source, [],
        new ResourceLimits(options.MemoryLimit, options.PidsLimit, options.CpuQuota));

    async Task<bool> ConnectAsync(Slot slot, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        var address = new UnixDomainSocketEndPoint(slot.Files.ControlSocket);
        while (!slot.Process.Exited.IsCompleted && time.GetElapsedTime(start) < options.BootTimeLimit)
        {
            try
            {
                if (File.Exists(slot.Files.ControlSocket))
                {
                    await slot.Control.ConnectAsync(address, cancellation);
                    return true;
                }
            }
            catch (SocketException)
            {
                // Between bind and listen: look again.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(3), time, cancellation);
        }
        return false;
    }

    static async Task<string> WhyAsync(Slot slot)
    {
        if (!slot.Process.Exited.IsCompleted)
            return "A slot did not come up in time.";
        await Task.WhenAny(slot.Output.Finished, Task.Delay(TimeSpan.FromSeconds(1)));
        return $"A slot ended with {await slot.Process.Exited} while it booted: {string.Join(" | ", slot.Output.LastLines)}";
    }
}

internal sealed class SlotBootException(string message) : Exception(message);
