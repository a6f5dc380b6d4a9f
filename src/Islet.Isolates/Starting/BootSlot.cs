using System.Globalization;
using Islet.Contracts;
using Islet.Isolates.Jailing;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Supervision;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Starting;

/// <summary>Boots one slot up to the point where it waits for its assignment; off the request path when the pool is warm.</summary>
internal sealed class BootSlot(IOptions<IsolatesOptions> settings, IJailer jailer, IGateway gateway, SlotNumbers numbers, IsolateConsoles consoles)
{
    readonly IsolatesOptions options = settings.Value;
    long lastId;

    /// <exception cref="SlotBootException">It died or did not come up in time; nothing of it is left.</exception>
    public async Task<Slot> RunAsync(CancellationToken cancellation)
    {
        var id = new IsolateId(Interlocked.Increment(ref lastId));
        var number = numbers.Take();
        try
        {
            // 1 walls, network and process
            var started = await jailer.StartSlotAsync(
                new SlotOrder(
                    id.Value.ToString(CultureInfo.InvariantCulture), number,
                    new ResourceLimits(options.MemoryLimit, options.PidsLimit, options.CpuQuota), options.TmpSize, options.BootTimeLimit),
                cancellation);

            // 2 its only way out, which lets nothing through yet
            if (started.Listeners is { } listeners)
                gateway.Open(id, listeners);
            return new Slot(id, number, started, consoles.Open(id, started.Process.Output, started.Process.Error))
            {
                HasTelemetry = started.Listeners is not null && options.Telemetry,
            };
        }
        catch
        {
            numbers.GiveBack(number);
            throw;
        }
    }
}

internal sealed class SlotBootException(string message) : Exception(message);
