using System.Globalization;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Starting;

/// <summary>Binds a warm slot to a deployment and waits until its server listens. This is the cold start a visitor feels.</summary>
internal sealed class AssignSlot(IOptions<IsolatesOptions> settings, Jail jail, TimeProvider time)
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
            slot.Output.Assign(spec.Deployment);
            await PutFilesAsync(slot, spec.Artifact.Directory);

            // 2 the assignment
            await ControlChannel.AssignAsync(
                slot.Control,
                jail.Sandbox.Inside(slot.Plan, JailPaths.Source),
                DenoCommandLine.Of(spec, options.WithoutWalls).Select(word => jail.Sandbox.Inside(slot.Plan, word)),
                Environment(slot, spec),
                limit.Token);

            // 3 until it listens
            if (!await ControlChannel.ServingAsync(slot.Control, limit.Token))
                return (null, await WhyAsync(slot));

            // 4 the socket gets a name that the inside cannot turn into a link to elsewhere
            if (!PublishSocket(slot.Files))
                return (null, new StartFailure(StartFailureReason.NoServer, slot.Output.LastLines));
            _ = ControlChannel.DiscardAsync(slot.Control);
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
        var environment = SlotEnvironment.OfAssignment(spec, options.Region);
        foreach (var name in (string[])["HOME", "DENO_SERVE_ADDRESS"])
            environment[name] = jail.Sandbox.Inside(slot.Plan, environment[name]);
        return environment;
    }

    async ValueTask PutFilesAsync(Slot slot, string artifact)
    {
        var deno = new DirectoryInfo(Path.Combine(artifact, "deno"));
        (string Tree, string Directory)[] trees =
            [(Path.Combine(artifact, "src"), slot.Files.App), (Path.Combine(deno.FullName, "npm"), slot.Files.Npm), (Path.Combine(deno.FullName, "remote"), slot.Files.Remote)];
        await jail.Sandbox.FillAsync([.. trees.Where(tree => Directory.Exists(tree.Tree))]);
        if (!deno.Exists)
            return;

        var caches = deno.EnumerateFiles().Select(file => (file.Name, File.ReadAllBytes(file.FullName))).ToList();
        if (caches.Count > 0)
            await jail.Sandbox.WriteAsync(slot.Plan, slot.Process, JailPaths.DenoDir, caches);
    }

    static async Task<StartFailure> WhyAsync(Slot slot)
    {
        await Task.WhenAny(Task.WhenAll(slot.Process.Exited, slot.Output.Finished), Task.Delay(DeathLimit));
        if (!slot.Process.Exited.IsCompleted)
            return new StartFailure(StartFailureReason.Internal, slot.Output.LastLines);
        var code = await slot.Process.Exited;
        var reason =
            ExitCodes.IsMemoryLimit(slot.Process, code) ? StartFailureReason.MemoryLimit
            : code == 0 ? StartFailureReason.NoServer
            : StartFailureReason.UncaughtException;
        if (reason == StartFailureReason.MemoryLimit)
            slot.Output.Tell(LogSeverity.Error, "Memory limit exceeded, terminated");
        return new StartFailure(reason, slot.Output.LastLines);
    }

    internal static bool PublishSocket(SlotFiles files) =>
        // link(2) does not follow a symbolic link; what it named is then looked at where the inside cannot reach it.
        Libc.Link(files.ServeSocketInside, files.ServeSocket) == 0 && IsSocket(files.ServeSocket);

    static bool IsSocket(string path) =>
        Libc.TypeOf(path) == Libc.S_IFSOCK;
}
