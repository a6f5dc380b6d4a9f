using Islet.Isolates.Jailing;
using Islet.Isolates.Pool;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Islet.Isolates;

/// <summary>The room's part of the server's life.</summary>
internal sealed class RunIsolates(IOptions<IsolatesOptions> options, IJailer jailer, WarmSlots slots, IsolatePool pool) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (jailer is Jailer { IsStarted: false } own)
            await own.StartAsync(cancellationToken);
        if (options.Value.PlatformCertificate is { } certificate)
            await jailer.TrustAsync(certificate);
        slots.Start();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await pool.StopAsync().WaitAsync(cancellationToken);
        if (jailer is Jailer own)
            own.Stop();
    }
}
