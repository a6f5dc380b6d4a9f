using System.Threading.Channels;
using Islet.Contracts;

namespace Islet.Tests.ControlPlane;

/// <summary>Isolates whose handlers a test ends: each run waits until the test says how it was.</summary>
sealed class ToldCrons : IIsolateCrons, IVisits
{
    readonly Channel<Handler> begun = Channel.CreateUnbounded<Handler>();
    int inside;

    public int Inside => Volatile.Read(ref inside);

    /// <summary>Handlers that began and nobody asked for.</summary>
    public int Waiting => begun.Reader.Count;

    /// <summary>The next handler that begins, for 10 s at most.</summary>
    public async Task<Handler> NextAsync() => await begun.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    public Task<CollectedCrons?> CollectAsync(IsolateId isolate, CancellationToken cancellation) => Task.FromResult<CollectedCrons?>(null);

    public Task<CronEnd> RunAsync(IsolateId isolate, string name, string traceparent, CancellationToken cancellation)
    {
        var handler = new Handler(name, traceparent);
        begun.Writer.TryWrite(handler).ShouldBeTrue();
        return handler.Ended.Task.WaitAsync(cancellation);
    }

    public Task<VisitOutcome> EnterAsync(string host, DeploymentId deployment, CancellationToken cancellation)
    {
        Interlocked.Increment(ref inside);
        var never = new TaskCompletionSource<IsolateEnd>();
        var lease = new IsolateLease(new(1), deployment, "", null, never.Task, default);
        return Task.FromResult(new VisitOutcome(new Visit(lease, () => Interlocked.Decrement(ref inside)), null));
    }

    internal sealed record Handler(string Name, string Traceparent)
    {
        public TaskCompletionSource<CronEnd> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Succeed() => Ended.SetResult(CronEnd.Succeeded);

        public void Fail(string error = "it threw") => Ended.SetResult(new(error));
    }
}
