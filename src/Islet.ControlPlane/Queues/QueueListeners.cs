using System.Collections.Concurrent;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Islet.ControlPlane.Queues;

/// <inheritdoc/>
sealed partial class QueueListeners(IVisits visits, IServiceScopeFactory scopes, ILogger<QueueListeners> logger) : IQueueListeners
{
    readonly ConcurrentDictionary<(Guid Database, ProjectId Project), bool> noted = new();

    /// <inheritdoc/>
    public void Note(Guid database, ProjectId project)
    {
        if (noted.TryAdd((database, project), true))
            _ = Task.Run(() => WriteAsync(database, project));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Visit>> StartAsync(Guid database, CancellationToken cancellation)
    {
        var entered = new List<Visit>();
        foreach (var (host, deployment) in await ListenersAsync(database, cancellation))
        {
            var outcome = await visits.EnterAsync(host, deployment, cancellation);
            if (outcome.Entered)
                entered.Add(outcome.Visit);
            else
                Log.NotStarted(logger, deployment, outcome.Problem);
        }
        return entered;
    }

    /// <inheritdoc/>
    public async Task<Visit?> StayAsync(DeploymentId deployment, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<FirstHost>().FindAsync(deployment, cancellation) is { } host
            ? (await visits.EnterAsync(host, deployment, cancellation)).Visit
            : null;
    }

    /// <summary>What was not written is noted again by the next program that listens.</summary>
    async Task WriteAsync(Guid database, ProjectId project)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
            await using var transaction = await db.Database.BeginTransactionAsync();
            if (await db.QueueListenings.AnyAsync(row => row.DatabaseId == database && row.ProjectId == project))
                return;
            db.QueueListenings.Add(new() { DatabaseId = database, ProjectId = project });
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        }
        catch (Exception exception)
        {
            noted.TryRemove((database, project), out _);
            Log.NotNoted(logger, database, exception);
        }
    }

    async Task<List<(string Host, DeploymentId Deployment)>> ListenersAsync(Guid database, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var (productions, hosts) = (scope.ServiceProvider.GetRequiredService<ProductionDeployments>(), scope.ServiceProvider.GetRequiredService<FirstHost>());
        var found = new List<(string, DeploymentId)>();
        foreach (var project in await db.QueueListenings.Where(row => row.DatabaseId == database).Select(row => row.ProjectId).ToListAsync(cancellation))
        {
            if (await productions.FindActingAsync(project, cancellation) is not { } deployment)
                continue;
            var databases = await db.Deployments.Where(row => row.Id == deployment).Select(row => row.Databases).FirstOrDefaultAsync(cancellation);
            if (databases?.Values.Contains(database.ToString("D"), StringComparer.Ordinal) == true && await hosts.FindAsync(deployment, cancellation) is { } host)
                found.Add((host, deployment));
        }
        return found;
    }

    static partial class Log
    {
        [LoggerMessage(2801, LogLevel.Warning, "Deployment {Deployment} could not be started for messages of its queue: {Problem}")]
        public static partial void NotStarted(ILogger logger, DeploymentId deployment, string problem);

        [LoggerMessage(2802, LogLevel.Error, "Who listens to the queue of {Database} could not be written down")]
        public static partial void NotNoted(ILogger logger, Guid database, Exception exception);
    }
}
