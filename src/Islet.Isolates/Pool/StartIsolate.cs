using Islet.Contracts;
using Islet.Isolates.Starting;
using Microsoft.Extensions.Logging;

namespace Islet.Isolates.Pool;

/// <summary>One start: a slot from the pool, its assignment, and the end of the slot when the program did not come up.</summary>
internal sealed partial class StartIsolate(WarmSlots slots, AssignSlot assign, EndSlot end, ILogger<StartIsolate> logger)
{
    /// <summary>Never throws: what the platform cannot do is an internal failure. Whoever waits for the answer need not wait for the cleaning.</summary>
    public async Task<(LiveIsolate? Live, StartFailure? Failure, Task Cleaned)> RunAsync(IsolateSpec spec)
    {
        Slot? slot = null;
        StartFailure? failure;
        try
        {
            slot = await slots.TakeAsync();
            (var elapsed, failure) = await assign.RunAsync(slot, spec);
            if (elapsed is { } coldStart)
                return (new LiveIsolate(slot, spec.Deployment, coldStart), null, Task.CompletedTask);
        }
        catch (Exception broken)
        {
            Log.Broken(logger, spec.Deployment, broken);
            failure = new StartFailure(StartFailureReason.Internal, slot?.Output.LastLines ?? []);
        }
        finally
        {
            slots.Replenish();
        }
        return (null, failure, slot is null ? Task.CompletedTask : end.RunAsync(slot, TimeSpan.Zero));
    }

    static partial class Log
    {
        [LoggerMessage(4021, LogLevel.Error, "Deployment {Deployment} could not be started by the platform")]
        public static partial void Broken(ILogger logger, DeploymentId deployment, Exception exception);
    }
}
