using Islet.Contracts;
using Microsoft.Extensions.Logging;

namespace Islet.Isolates.Starting;

/// <summary>Ends a slot and leaves nothing of it: process, cgroup, mounts, directory.</summary>
internal sealed partial class EndSlot(IGateway gateway, SlotNumbers numbers, TimeProvider time, ILogger<EndSlot> logger)
{
    static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(2);

    /// <summary>Asks, waits the grace, kills. Returns the exit code when all is gone. Never throws.</summary>
    public async Task<int> RunAsync(Slot slot, TimeSpan grace)
    {
        // 1 ask
        if (grace > TimeSpan.Zero && !slot.Process.Exited.IsCompleted)
        {
            slot.Process.Terminate();
            await Task.WhenAny(slot.Process.Exited, Task.Delay(grace, time));
        }

        // 2 kill what is left, also after a clean end
        slot.Process.Kill();
        var (code, _) = await slot.Process.Exited;

        // 3 its last words: both ends close with the last process; what its exporter sent may still be under way
        await Task.WhenAny(slot.Output.Finished, Task.Delay(OutputLimit, time));
        gateway.Close(slot.Id);

        // 4 clean up: what fails here is swept by the next start
        try
        {
            await slot.Process.DisposeAsync();
            slot.Dispose();
            numbers.GiveBack(slot.Number);
        }
        catch (Exception failure)
        {
            Log.NotCleaned(logger, slot.Id.Value, failure); // its number stays taken: no other gets its user id
        }
        return code;
    }

    static partial class Log
    {
        [LoggerMessage(4022, LogLevel.Error, "Slot {Slot} was not cleaned up")]
        public static partial void NotCleaned(ILogger logger, long slot, Exception exception);
    }
}
