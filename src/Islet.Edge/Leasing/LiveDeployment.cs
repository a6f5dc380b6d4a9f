using System.Diagnostics.CodeAnalysis;
using Islet.Contracts;
using Islet.Edge.Admission;
using Islet.Edge.Forwarding;

namespace Islet.Edge.Leasing;

/// <summary>An isolate to use, or why there is none. <paramref name="ColdStart"/>: this request waited for its start.</summary>
readonly record struct Acquired(LiveIsolate? Isolate, ForwardingError Error, TimeSpan? ColdStart)
{
    [MemberNotNullWhen(true, nameof(Isolate))]
    public bool Success => Isolate is not null;
}

/// <summary>
/// What this node knows of one deployment: its requests in flight and its present isolate. The first request of a cold
/// deployment asks for a lease, those that come meanwhile wait for the same.
/// </summary>
sealed class LiveDeployment(Route route, ProjectRates rates, LiveDeployments owner)
{
    // In its low half the number of requests in flight, in its high half how many were admitted: one number, so that
    // counting costs a request nothing.
    const long Admission = (1L << 32) + 1;

    readonly Lock gate = new();
    long admissions;
    uint admissionsTold; // the sweep's
    volatile ProjectLimits limits = route.Limits;

    // written under the gate, read by every request
    volatile LiveIsolate? current;

    // both under the gate
    Task<Acquired>? starting;
    bool forgotten;

    public DeploymentId Id { get; } = route.Deployment;

    public ProjectId Project { get; } = route.Project;

    public OrganizationId Organization { get; } = route.Organization;

    /// <summary>Shared by all deployments of its project.</summary>
    public ProjectRates Rates => rates;

    public Refusals Refusals { get; } = new();

    /// <summary>Of the newest routes.</summary>
    public ProjectLimits Limits
    {
        get => limits;
        set => limits = value;
    }

    /// <summary>False: the limit is reached. True: pair it with <see cref="Leave"/>.</summary>
    public bool TryAdmit(int limit)
    {
        if ((uint)Interlocked.Add(ref admissions, Admission) <= (uint)limit)
            return true;
        Interlocked.Add(ref admissions, -Admission);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref admissions);

    /// <summary>Requests admitted since the sweep last asked.</summary>
    public long TakeRequests()
    {
        var now = (uint)(Volatile.Read(ref admissions) >>> 32);
        var news = (int)(now - admissionsTold); // below zero: a request seen last time was refused just after
        if (news <= 0)
            return 0;
        admissionsTold = now;
        return news;
    }

    /// <summary>The present isolate, entered; null when one must be started.</summary>
    public LiveIsolate? TryEnter() => current is { } isolate && isolate.TryEnter() ? isolate : null;

    /// <summary>Waits for the present start or begins one. An isolate it returns is entered.</summary>
    public async Task<Acquired> AcquireAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        // An isolate may end between its start and our entry; a program that does so each time is not tried for ever.
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Task<Acquired> start;
            lock (gate)
            {
                if (forgotten)
                    return new(null, ForwardingError.DeploymentNotFound, null);
                if (TryEnter() is { } present)
                    return new(present, ForwardingError.None, null);
                start = starting ??= Task.Run(StartAsync, CancellationToken.None);
            }

            Acquired acquired;
            try
            {
                acquired = await start.WaitAsync(timeout, owner.Time, cancellation);
            }
            catch (TimeoutException)
            {
                return new(null, ForwardingError.RequestTimeout, null);
            }

            if (!acquired.Success || acquired.Isolate.TryEnter())
                return acquired;
        }

        return new(null, ForwardingError.UncaughtException, null);
    }

    /// <summary>Its routes are gone: nothing new, what runs may finish.</summary>
    public void Forget()
    {
        lock (gate)
        {
            forgotten = true;
            current?.Retire(ShutdownReason.Deleted);
        }
    }

    async Task<Acquired> StartAsync()
    {
        var acquired = new Acquired(null, ForwardingError.IsolateInternalFailure, null);
        try
        {
            acquired = await owner.LeaseAsync(this);
        }
        finally
        {
            lock (gate)
            {
                starting = null;
                current = acquired.Isolate;
                if (forgotten)
                    current?.Retire(ShutdownReason.Deleted);
            }
        }

        return acquired;
    }
}
