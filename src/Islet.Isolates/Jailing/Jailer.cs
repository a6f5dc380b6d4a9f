using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Starting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Jailing;

/// <summary>
/// Makes jails in this process, from the server's start to its end: owns the data directory's <c>run/</c>, the spawner
/// and the sandbox that was found to work. Written once by <see cref="StartAsync"/>, read by all afterwards.
/// </summary>
internal sealed class Jailer(IOptions<IsolatesOptions> settings, TimeProvider time, ILogger<Jailer> logger) : IJailer, IDisposable
{
    static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(3);

    readonly IsolatesOptions options = settings.Value;
    Spawner? spawner;
    EndOrphans? orphans;
    OwnThread? networks;
    BuilderTrees? trees;
    RunDirectory? run;
    ISandbox? sandbox;

    public bool IsStarted => sandbox is not null;

    public JailStatus Status => Sandbox.Status;

    public Spawner Spawner => spawner ?? throw new InvalidOperationException("The isolates have not been started.");

    /// <summary>The mount namespace of the spawner's thread; null where there is none.</summary>
    public PrivateMounts? Mounts => (Sandbox as BubblewrapSandbox)?.Mounts;

    ISandbox Sandbox => sandbox ?? throw new InvalidOperationException("The isolates have not been started.");

    /// <exception cref="JailUnavailableException">No fence can be drawn.</exception>
    /// <exception cref="InvalidOperationException">Another server owns the data directory.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        run = RunDirectory.Open(options.DataDirectory);
        networks = new OwnThread("islet-networks");
        spawner = new Spawner { Home = await networks.RunAsync(() => SlotNetwork.Home(ChooseSandbox.IsOwnUserNamespace())) };
        orphans = await spawner.OnThreadAsync(() => EndOrphans.Start(spawner));
        sandbox = await new ChooseSandbox(options, spawner, orphans, networks, run, logger).RunAsync(cancellation);
        if (sandbox.Status.Level != JailLevel.Full)
            options.ServerUid = null;
        else if (options.ServerUid is { } server)
            run.ShareWith(server);
        if (sandbox.UidOf(JailPlans.BuilderNumber) is { } builder)
            trees = new BuilderTrees(options.DataDirectory, builder, options.ServerUid ?? 0);
        run.Empty(); // once more: now no process of an earlier server is left
    }

    public async Task<StartedSlot> StartSlotAsync(SlotOrder order, CancellationToken cancellation)
    {
        var files = new SlotFiles(Path.Combine(run!.Slots, order.Name), Sandbox.UidOf(order.Number));
        SlotNetwork? network = null;
        LocalJailed? jailed = null;
        try
        {
            // 1 its directories and its network, with the gateway's listeners inside
            files.Create();
            files.CreateSockets(await Sandbox.BoundAsync(files.Area));
            network = Sandbox.HasNetworks ? await networks!.RunAsync(() => SlotNetwork.Make(Spawner.Home)) : null;

            // 2 the process
            var plan = JailPlans.OfSlot(order, files, run);
            jailed = new LocalJailed(Sandbox, plan, await Sandbox.StartAsync(plan, network), files, options, time);
            network?.Namespace.Dispose(); // from here on the process keeps it

            // 3 its control socket: connect at once and take the name away, so that nobody else can
            var control = await ControlSocket.ConnectAsync(files.ControlSocket, jailed.Exited, order.TimeLimit, ConnectPause, time, cancellation);
            File.Delete(files.ControlSocket);
            return new StartedSlot(jailed, control, network?.Listeners, files.ServeSocket);
        }
        catch (SlotBootException failure) when (jailed is not null)
        {
            network?.Dispose();
            var lastWords = await jailed.DisposeWithOutputAsync();
            throw lastWords.Length == 0 ? failure : new SlotBootException($"{failure.Message} It said: {lastWords}");
        }
        catch
        {
            network?.Dispose();
            if (jailed is not null)
                await jailed.DisposeAsync();
            else
            {
                await Sandbox.EmptyAsync([files.Area]);
                files.Remove();
            }
            throw;
        }
    }

    public async Task<IJailed> StartBuilderAsync(BuilderOrder order, CancellationToken cancellation)
    {
        var files = new SlotFiles(Path.Combine(run!.Slots, order.Name), Sandbox.UidOf(JailPlans.BuilderNumber));
        try
        {
            files.CreateScratch();
            var plan = JailPlans.OfBuilder(order, files);
            if (Status.Level == JailLevel.None)
                plan = plan.OnHost(options.DataDirectory);
            return new LocalJailed(Sandbox, plan, await Sandbox.StartAsync(plan, null), files, options, time);
        }
        catch
        {
            files.Remove();
            throw;
        }
    }

    public Task SealAsync(string directory, IReadOnlyList<string> paths) => trees?.SealAsync(directory, paths) ?? Task.CompletedTask;

    public Task DiscardAsync(string directory) => trees?.DiscardAsync(directory) ?? Task.CompletedTask;

    public Task TrustAsync(string certificate)
    {
        run!.SetPlatformCertificate(System.Text.Encoding.ASCII.GetBytes(certificate));
        return Task.CompletedTask;
    }

    /// <summary>Nothing is left on the machine but the data directory. May be called before a start, or twice.</summary>
    public void Stop() => sandbox?.Sweep();

    public void Dispose()
    {
        networks?.Dispose();
        trees?.Dispose();
        spawner?.Dispose();
        Stop();
        orphans?.Dispose();
        run?.Dispose();
    }
}
