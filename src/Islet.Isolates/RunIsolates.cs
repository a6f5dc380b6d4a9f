using Islet.Isolates.Pool;
using Islet.Isolates.Sandbox;
using Microsoft.Extensions.Hosting;

namespace Islet.Isolates;

/// <summary>The room's part of the server's life.</summary>
internal sealed class RunIsolates(Jail jail, WarmSlots slots, IsolatePool pool) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await jail.StartAsync(cancellationToken);
        slots.Start();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await pool.StopAsync().WaitAsync(cancellationToken);
        jail.Stop();
    }
}
