using System.Threading.Channels;
using Islet.Contracts;

namespace Islet.Gateway.Crons;

/// <summary>
/// What one isolate registered and which of it runs. Its conversation, the gateway and the clock come by threads of their
/// own: all under one lock, held for a few operations.
/// </summary>
sealed class RegisteredCrons
{
    /// <summary>As of Deno's own scheduler.</summary>
    public const int Most = 100;

    readonly Lock gate = new();
    readonly List<CronRegistration> crons = [];
    readonly TaskCompletionSource<CollectedCrons> collected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Dictionary<string, TaskCompletionSource<CronEnd>> running = new(StringComparer.Ordinal);

    // bounded by what is put in: one message that ends the registration, one for each cron that does not run
    readonly Channel<ReadOnlyMemory<byte>> toIsolate = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
    bool attached;
    bool serving;
    string? ended;

    public ChannelReader<ReadOnlyMemory<byte>> ToIsolate => toIsolate.Reader;

    /// <summary>Completes when no more will come. Never faults.</summary>
    public Task<CollectedCrons> Collected => collected.Task;

    /// <summary>False: it has its connection already.</summary>
    public bool TryAttach()
    {
        lock (gate)
            return !attached && (attached = true) && ended is null;
    }

    /// <summary>
    /// Deno writes what was registered before it heard of this, then acknowledges it; later calls of <c>Deno.cron</c> throw.
    /// </summary>
    public void TakeNoMore()
    {
        lock (gate)
        {
            serving = true;
            toIsolate.Writer.TryWrite(CronMessages.TakeNoMore);
        }
    }

    /// <summary>Null, or why the conversation must end.</summary>
    public string? Add(CronRegistration cron)
    {
        lock (gate)
        {
            if (collected.Task.IsCompleted)
                return "Deno.cron was called after the server listened";
            if (crons.Count == Most)
                return $"Too many crons: a program may have {Most}";
            if (crons.Exists(other => other.Name == cron.Name))
                return $"Cron with this name already exists: {cron.Name}";
            crons.Add(cron);
            return null;
        }
    }

    /// <summary>It has acknowledged that no more are taken. False: it was not told so.</summary>
    public bool TryComplete()
    {
        lock (gate)
            return serving && collected.TrySetResult(new([.. crons], null));
    }

    /// <summary>False: none of this name runs.</summary>
    public bool TryFinish(string name, bool succeeded)
    {
        lock (gate)
            return running.Remove(name, out var run) && run.TrySetResult(succeeded ? CronEnd.Succeeded : new("The handler threw, see the log"));
    }

    public Task<CronEnd> RunAsync(string name, string traceparent)
    {
        lock (gate)
        {
            if (ended is not null)
                return Task.FromResult(new CronEnd(ended, Lost: true));
            if (!crons.Exists(cron => cron.Name == name))
                return Task.FromResult(new CronEnd("The program did not register it when it started"));

            // Deno would keep a second one and drop a third
            if (running.ContainsKey(name))
                return Task.FromResult(new CronEnd("Its handler still runs from before"));
            var run = running[name] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            toIsolate.Writer.TryWrite(CronMessages.Invoke(name, traceparent));
            return run.Task;
        }
    }

    /// <summary>The connection is over, or the isolate. The first reason stays.</summary>
    public void End(string why)
    {
        lock (gate)
        {
            ended ??= why;
            collected.TrySetResult(new([], ended));
            foreach (var (_, run) in running)
                run.TrySetResult(new(ended, Lost: true));
            running.Clear();
            toIsolate.Writer.TryComplete();
        }
    }
}
