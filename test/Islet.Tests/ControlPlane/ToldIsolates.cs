using Islet.Contracts;

namespace Islet.Tests.ControlPlane;

/// <summary>Something that a test can hold up: it says when it was asked and waits to go on.</summary>
abstract class Told
{
    readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource go = Done();

    public Task Asked => asked.Task;

    public void Hold() => go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn() => go.TrySetResult();

    protected Task AskedAsync(CancellationToken cancellation)
    {
        asked.TrySetResult();
        return go.Task.WaitAsync(cancellation);
    }

    static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}

/// <summary>Starts nothing and says that it runs.</summary>
sealed class ToldIsolates : Told, IIsolates
{
    /// <summary>What it was last asked to start.</summary>
    public IsolateSpec? LastSpec { get; private set; }

    public async ValueTask<LeaseOutcome> LeaseAsync(IsolateSpec spec, CancellationToken cancellation)
    {
        LastSpec = spec;
        await AskedAsync(cancellation);
        var never = new TaskCompletionSource<IsolateEnd>();
        return LeaseOutcome.Of(new IsolateLease(new(1), spec.Deployment, "", null, never.Task, default));
    }

    public void Return(IsolateLease lease, ShutdownReason reason)
    {
        // nothing runs
    }

    public void Kill(IsolateLease lease, ShutdownReason reason)
    {
        // nothing runs
    }

    public void Drain(DeploymentId deployment, ShutdownReason reason)
    {
        // nothing runs
    }
}

/// <summary>Resolves every program to its entry point alone.</summary>
sealed class ToldJail : Told, IBuilderJail
{
    /// <summary>Only this organization's builds are held up; null: all.</summary>
    public OrganizationId? Only { get; set; }

    public BuilderJob? LastJob { get; private set; }

    public BuilderEnd End { get; set; } = BuilderEnd.Exited;

    public Task SealAsync(string denoDirectory, IReadOnlyList<string> paths) => Task.CompletedTask;

    public Task DiscardAsync(string denoDirectory) => Task.CompletedTask;

    public async Task<BuilderResult> RunAsync(BuilderJob job, Action<string> onStderrLine, CancellationToken cancellation)
    {
        LastJob = job;
        if (Only is null || Only == job.Organization)
            await AskedAsync(cancellation);
        return new(0, """{"roots":["file:///src/main.ts"],"modules":[{"specifier":"file:///src/main.ts"}],"redirects":{}}"""u8.ToArray(), End);
    }
}
