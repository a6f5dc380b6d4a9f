using System.Collections.Concurrent;
using Islet.Contracts;
using Microsoft.AspNetCore.Connections;

namespace Islet.Gateway.Crons;

/// <summary>
/// Crons of the isolates of this node. Deno opens one connection while the program starts; which isolate it comes from its
/// socket tells. A second one of the same isolate, as a worker's, is closed: its crons would be nobody's. A program that is
/// faster than Deno with a connection of its own has its own crons under the same rules, and Deno's are lost: its own loss.
/// </summary>
sealed class IsolateCrons(TimeProvider time) : IIsolateCrons
{
    /// <summary>From the server that listens to the end of what was registered before: Deno gives its connection 5 s.</summary>
    static readonly TimeSpan CollectLimit = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<IsolateId, RegisteredCrons> isolates = new();

    /// <summary>Before any code of the program runs.</summary>
    public void Expect(IsolateId isolate) => isolates[isolate] = new RegisteredCrons();

    public void Serving(IsolateId isolate)
    {
        if (isolates.TryGetValue(isolate, out var crons))
            crons.TakeNoMore();
    }

    public void Forget(IsolateId isolate)
    {
        if (isolates.TryRemove(isolate, out var crons))
            crons.End("The isolate ended");
    }

    /// <summary>One connection out of a slot, to its end.</summary>
    public async Task ServeAsync(ConnectionContext connection)
    {
        if (connection.Features.Get<SlotCaller>() is not { } caller || !isolates.TryGetValue(caller.Isolate, out var crons) || !crons.TryAttach())
            return;
        await new CronConversation(connection, crons).RunAsync();
    }

    public async Task<CollectedCrons?> CollectAsync(IsolateId isolate, CancellationToken cancellation) =>
        isolates.TryGetValue(isolate, out var crons) ? await CollectAsync(crons, cancellation) : null;

    public async Task<CronEnd> RunAsync(IsolateId isolate, string name, string traceparent, CancellationToken cancellation)
    {
        if (!isolates.TryGetValue(isolate, out var crons))
            return new("The isolate ended, or may have no crons");
        var collected = await CollectAsync(crons, cancellation);
        return collected.Problem is null ? await crons.RunAsync(name, traceparent).WaitAsync(cancellation) : new(collected.Problem);
    }

    async Task<CollectedCrons> CollectAsync(RegisteredCrons crons, CancellationToken cancellation)
    {
        try
        {
            return await crons.Collected.WaitAsync(CollectLimit, time, cancellation);
        }
        catch (TimeoutException)
        {
            return new([], "Its crons did not become known in time");
        }
    }
}
