using Islet.Isolates.Linux;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// This node's fence, from the server's start to its end: the data directory's <c>run/</c>, the spawner and the sandbox
/// that was found to work. Written once by <see cref="StartAsync"/>, read by all afterwards.
/// </summary>
internal sealed class Jail(IOptions<IsolatesOptions> options, ILogger<Jail> logger) : IDisposable
{
    Spawner? spawner;
    RunDirectory? run;
    ISandbox? sandbox;

    public ISandbox Sandbox => sandbox ?? throw new InvalidOperationException("The isolates have not been started.");

    public RunDirectory Run => run ?? throw new InvalidOperationException("The isolates have not been started.");

    /// <exception cref="JailUnavailableException">No fence can be drawn.</exception>
    /// <exception cref="InvalidOperationException">Another server owns the data directory.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        run = RunDirectory.Open(options.Value.DataDirectory);
        spawner = new Spawner();
        sandbox = await new ChooseSandbox(options.Value, spawner, run, logger).RunAsync(cancellation);
        run.Empty(); // once more: now no process of an earlier server is left
    }

    /// <summary>Nothing is left on the machine but the data directory. May be called before a start, or twice.</summary>
    public void Stop() => sandbox?.Sweep();

    public void Dispose()
    {
        spawner?.Dispose();
        Stop();
        run?.Dispose();
    }
}
