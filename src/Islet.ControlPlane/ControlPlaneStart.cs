using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane;

/// <summary>Makes the data directory ready, before any other hosted service starts and before the server listens.</summary>
public sealed class ControlPlaneStart(
    IServiceScopeFactory scopes, PrepareDatabase prepare, AssetStore assets, ArtifactArchives artifacts, RoutePublisher routes, CertificatePublisher certificates,
    IOptions<ControlPlaneOptions> options)
    : IHostedLifecycleService, IDisposable
{
    FileStream? onlyOne;

    /// <summary>What the first start made, to be shown once; null at later starts.</summary>
    public FirstCredentials? First { get; private set; }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var directory = Path.GetFullPath(options.Value.DataDirectory);

        // 1 the directory is ours alone
        Durable.CreateDirectory(directory);
        onlyOne = new FileStream(Path.Combine(directory, "control.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        assets.Prepare();
        artifacts.Prepare();
        Durable.OwnerOnly(Directory.CreateDirectory(options.Value.UploadDirectory));

        // 2 tables, and who may come in: other nodes wait meanwhile
        await using var scope = scopes.CreateAsyncScope();
        await using (await prepare.RunAsync(scope.ServiceProvider.GetRequiredService<IsletDb>(), cancellationToken))
            First = await scope.ServiceProvider.GetRequiredService<FirstStart>().RunAsync(cancellationToken);

        // 3 where visitors go, and by which certificate
        await routes.PublishAllAsync(cancellationToken);
        await certificates.PublishAllAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => onlyOne?.Dispose();
}
