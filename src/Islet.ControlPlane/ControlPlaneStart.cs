using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane;

/// <summary>Makes the data directory ready, before any other hosted service starts and before the server listens.</summary>
public sealed class ControlPlaneStart(
    IServiceScopeFactory scopes, AssetStore assets, RoutePublisher routes, IOptions<ControlPlaneOptions> options)
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
        Durable.OwnerOnly(Directory.CreateDirectory(options.Value.UploadDirectory));

        // 2 tables; SQLite gives its other files the mode of the first
        await using (File.Open(Path.Combine(directory, "islet.db"), FileMode.OpenOrCreate))
            Durable.OwnerOnly(new FileInfo(Path.Combine(directory, "islet.db")));
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        await MigrateAsync(db, cancellationToken);

        // 3 who may come in, and where visitors go
        First = await scope.ServiceProvider.GetRequiredService<FirstStart>().RunAsync(cancellationToken);
        await routes.PublishAllAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => onlyOne?.Dispose();

    /// <summary>
    /// On SQLite the lock of the migrations is a row, which a killed start leaves behind for ever; the file lock above
    /// says that nobody holds it now.
    /// </summary>
    static async Task MigrateAsync(IsletDb db, CancellationToken cancellation)
    {
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellation);
        await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellation);
        await db.Database.MigrateAsync(cancellation);
    }
}
