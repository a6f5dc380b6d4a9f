using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Islet.ControlPlane.Nodes;

/// <summary>
/// Keeps what this node has in memory equal to a database that other nodes change too: notices as they come, and each
/// half second a look at the number of changes, which finds whatever no notice told. With SQLite there is nothing to follow.
/// </summary>
sealed partial class FollowChanges(
    Postgres postgres,
    Node node,
    RoutePublisher routes,
    CertificatePublisher certificates,
    TokenCache tokens,
    BuildBell bell,
    IIsolates isolates,
    Leftovers leftovers,
    IServiceScopeFactory scopes,
    ILogger<FollowChanges> logger) : BackgroundService
{
    static readonly TimeSpan LookEach = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan RestAfterFailure = TimeSpan.FromMilliseconds(500);
    const int AnswerSeconds = 5;

    /// <summary>Filled while the connection is waited on or asked, emptied in between.</summary>
    readonly Queue<string> arrived = new();

    /// <summary>Number of the last change that this node knows of.</summary>
    long seen;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (postgres.IsUsed && !stoppingToken.IsCancellationRequested)
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // what is in memory stays as it is until the database answers again
                Log.NotFollowed(logger, exception);
                await Task.Delay(RestAfterFailure, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
    }

    async Task FollowAsync(CancellationToken cancellation)
    {
        // 1 listen first, then read: what is committed in between is heard
        await using var connection = await postgres.Source.OpenConnectionAsync(cancellation);
        arrived.Clear();
        connection.Notification += (_, notice) => arrived.Enqueue(notice.Payload);
        await using (var listen = new NpgsqlCommand($"LISTEN {ChangeTriggers.Channel}; {PresentNodes.Enter}", connection) { CommandTimeout = AnswerSeconds })
            await listen.ExecuteNonQueryAsync(cancellation);
        await ReadAllAsync(await VersionAsync(connection, cancellation), cancellation);

        // 2 whatever comes; a quiet connection is asked, so that one that is dead without a word is noticed too
        while (true)
            if (arrived.Count > 0 || await connection.WaitAsync(LookEach, cancellation))
                await TakeAsync(cancellation);
            else if (await VersionAsync(connection, cancellation) is var version && version != seen && arrived.Count == 0)
                await ReadAllAsync(version, cancellation);
    }

    async Task TakeAsync(CancellationToken cancellation)
    {
        var (hosts, domains, missed, last) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<Guid>(), false, seen);
        while (arrived.TryDequeue(out var notice))
        {
            if (Change.Parse(notice) is not { } change)
            {
                missed = true;
                continue;
            }
            missed |= change.Number > last + 1;
            last = Math.Max(last, change.Number);
            if (change.Node != node.Name)
                await ApplyAsync(change, hosts, domains, cancellation);
        }
        if (missed)
        {
            await ReadAllAsync(last, cancellation);
            return;
        }
        await routes.PublishAsync(hosts, cancellation);
        await certificates.PublishAsync(domains, cancellation);
        seen = last;
    }

    async Task ApplyAsync(Change change, HashSet<string> hosts, HashSet<Guid> domains, CancellationToken cancellation)
    {
        switch (change.Kind)
        {
            case ChangeKind.Host:
                hosts.Add(change.Name);
                break;
            case ChangeKind.Organization:
                var organization = new OrganizationId(Guid.Parse(change.Name));
                hosts.UnionWith(await HostsAsync(db => db.MappedHosts.Where(host => host.OrganizationId == organization).Select(host => host.Host), cancellation));
                break;
            case ChangeKind.Project:
                var project = new ProjectId(Guid.Parse(change.Name));
                hosts.UnionWith(await HostsAsync(db => db.MappedHosts.Where(host => host.ProjectId == project).Select(host => host.Host), cancellation));
                break;
            case ChangeKind.Gone:
                isolates.Drain(new(change.Name), ShutdownReason.Deleted);
                leftovers.Add(new(change.Name), artifactId: null);
                break;
            case ChangeKind.Build:
                bell.Ring();
                break;
            case ChangeKind.Rights:
                tokens.Forget();
                break;
            case ChangeKind.Certificate:
                domains.Add(Guid.Parse(change.Name));
                break;
        }
    }

    /// <summary>As after a start: for the first time, and when something was missed.</summary>
    async Task ReadAllAsync(long version, CancellationToken cancellation)
    {
        tokens.Forget();
        await routes.PublishAllAsync(cancellation);
        await certificates.PublishAllAsync(cancellation);
        bell.Ring();
        seen = version;
    }

    async Task<List<string>> HostsAsync(Func<IsletDb, IQueryable<string>> which, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await which(scope.ServiceProvider.GetRequiredService<IsletDb>()).ToListAsync(cancellation);
    }

    static async Task<long> VersionAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(ChangeTriggers.ReadVersion, connection) { CommandTimeout = AnswerSeconds };
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    static partial class Log
    {
        [LoggerMessage(2600, LogLevel.Error, "Changes of other nodes are not seen; it is tried again")]
        public static partial void NotFollowed(ILogger logger, Exception exception);
    }
}
