using Islet.Contracts;
using Islet.Isolates.Starting;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Pool;

/// <summary>Follows an isolate to its end, says why it ended, and cleans up.</summary>
internal sealed class SuperviseIsolate(IOptions<IsolatesOptions> options, EndSlot end, TimeProvider time)
{
    static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(1);

    /// <summary>From serving to gone. <paramref name="onGone"/> runs as soon as the process is.</summary>
    public async Task RunAsync(LiveIsolate live, Action onGone)
    {
        // 1 until it is gone
        var slot = live.Slot;
        var exited = await slot.Process.Exited;
        onGone();

        // 2 why
        var code = exited.Code;
        var reason = live.Ending ?? ExitCodes.ReasonOf(exited);
        slot.Process.Kill();
        await Task.WhenAny(slot.Output.Finished, Task.Delay(OutputLimit, time));
        Tell(slot, reason, code);

        // 3 the holders hear of it
        live.SetEnded(new IsolateEnd(reason, code, slot.Output.LastLines));

        // 4 nothing is left
        await end.RunAsync(slot, TimeSpan.Zero);
    }

    /// <summary>SIGTERM, the grace, SIGKILL of all that is in there. The end is reported by <see cref="RunAsync"/>.</summary>
    public async Task EndAsync(LiveIsolate live)
    {
        var process = live.Slot.Process;
        process.Terminate();
        await Task.WhenAny(process.Exited, Task.Delay(options.Value.TermGrace, time));
        if (!process.Exited.IsCompleted)
            process.Kill();
    }

    static void Tell(Slot slot, ShutdownReason reason, int code)
    {
        var message = reason switch
        {
            ShutdownReason.MemoryLimit => "Memory limit exceeded, terminated",
            ShutdownReason.Crashed when code < 0 => $"isolate ended by signal {-code}",
            ShutdownReason.Crashed => $"isolate ended with exit code {code}",
            ShutdownReason.TimeLimit => "Time limit exceeded, terminated",
            ShutdownReason.CpuLimit => "CPU time limit exceeded, terminated",
            ShutdownReason.EventLoopBlocked => "Event loop blocked for too long, terminated",
            ShutdownReason.Exited => "isolate ended by itself",
            ShutdownReason.Idle or ShutdownReason.Replaced or ShutdownReason.Deleted or ShutdownReason.ServerStopping => null,
        };
        if (message is not null)
            slot.Output.Tell(reason == ShutdownReason.Exited ? LogSeverity.Info : LogSeverity.Error, message);
    }
}
