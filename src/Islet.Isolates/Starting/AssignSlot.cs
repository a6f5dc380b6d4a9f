using System.Globalization;
using System.Net.Sockets;
using Islet.Contracts;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Starting;

/// <summary>Binds a warm slot to a deployment and waits until its server listens. This is the cold start a visitor feels.</summary>
internal sealed class AssignSlot(IOptions<IsolatesOptions> settings, IGateway gateway, TimeProvider time)
{
    static readonly TimeSpan DeathLimit = TimeSpan.FromSeconds(2);

    readonly IsolatesOptions options = settings.Value;

    /// <summary>Time to the listening server, or why there is none. The caller ends the slot when it failed.</summary>
    public async Task<(TimeSpan? Elapsed, StartFailure? Failure)> RunAsync(Slot slot, IsolateSpec spec)
    {
        var start = time.GetTimestamp();
        using var limit = new CancellationTokenSource(options.BootTimeLimit, time);
        try
        {
            // 1 the program appears in the slot
            slot.Output.Assign(spec, slot.HasTelemetry);
            if (slot.HasGateway)
                gateway.Assign(slot.Id, spec);
            if (spec.Limits.Memory is { } memory && memory < options.MemoryLimit)
                await slot.Process.LimitMemoryAsync(memory);
            if (spec.Limits.TmpBytes is { } tmp && tmp < options.TmpSize)
                await slot.Process.LimitTmpAsync(tmp);
            await slot.Process.PutAsync(Path.GetRelativePath(options.DataDirectory, spec.Artifact.Directory));

            // 2 the assignment
            await ControlChannel.AssignAsync(
                slot.Control,
                slot.Process.Inside(JailPaths.Source),
                DenoCommandLine.Of(spec, options.WithoutWalls).Select(slot.Process.Inside),
                Environment(slot, spec),
                limit.Token);

            // 3 until it listens
            if (!await ControlChannel.ServingAsync(slot.Control, limit.Token))
                return (null, await WhyAsync(slot));

            // 4 the socket gets a name that the inside cannot turn into a link to elsewhere
            if (!await slot.Process.PublishAsync())
                return (null, new StartFailure(StartFailureReason.NoServer, slot.Output.LastLines));
            _ = ControlChannel.DiscardAsync(slot.Control);
            if (slot.HasGateway)
                gateway.Serving(slot.Id);
            var elapsed = time.GetElapsedTime(start);
            slot.Output.Tell(LogSeverity.Info, string.Create(CultureInfo.InvariantCulture, $"isolate start time: {elapsed.TotalMilliseconds:F2} ms"));
            return (elapsed, null);
        }
        catch (OperationCanceledException)
        {
            slot.Output.Tell(LogSeverity.Error, string.Create(CultureInfo.InvariantCulture, $"No server was listening after {options.BootTimeLimit.TotalSeconds:0.#} s, terminated"));
            return (null, new StartFailure(StartFailureReason.TimeLimit, slot.Output.LastLines));
        }
        catch (SocketException)
        {
            return (null, await WhyAsync(slot));
        }
    }

    Dictionary<string, string> Environment(Slot slot, IsolateSpec spec)
    {
        var environment = SlotEnvironment.OfAssignment(spec, options.Region, slot.HasTelemetry, certificate: slot.HasGateway && options.PlatformCertificate is not null);
        if (spec.Crons && slot.HasGateway)
            environment[SlotEnvironment.CronSocket] = SlotEnvironment.CronAddress;
        foreach (var name in (string[])["HOME", "DENO_SERVE_ADDRESS"])
            environment[name] = slot.Process.Inside(environment[name]);
        return environment;
    }

    static async Task<StartFailure> WhyAsync(Slot slot)
    {
        await Task.WhenAny(Task.WhenAll(slot.Process.Exited, slot.Output.Finished), Task.Delay(DeathLimit));
        if (!slot.Process.Exited.IsCompleted)
            return new StartFailure(StartFailureReason.Internal, slot.Output.LastLines);
        var end = await slot.Process.Exited;
        var reason =
            ExitCodes.IsMemoryLimit(end) ? StartFailureReason.MemoryLimit
            : end.Code == 0 ? StartFailureReason.NoServer
            : StartFailureReason.UncaughtException;
        if (reason == StartFailureReason.MemoryLimit)
            slot.Output.Tell(LogSeverity.Error, "Memory limit exceeded, terminated");
        return new StartFailure(reason, slot.Output.LastLines);
    }
}
