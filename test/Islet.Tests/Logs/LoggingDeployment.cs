using Islet.Contracts;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Logs;

/// <summary>A deployment as the log endpoints see it, and what happens to it.</summary>
sealed class LoggingDeployment(IServiceProvider services, Tenants tenants, DeploymentId id)
{
    public string App => $"{id}/app_logs";

    public string Build => $"{id}/build_logs";

    public BuildLogWriter Builder => new(services.GetRequiredService<BuildLogs>(), id);

    public void Write(string message, LogSeverity severity = LogSeverity.Info, DateTimeOffset? time = null) =>
        services.GetRequiredService<ILogSink>().Write(new LogLine(id, time ?? DateTimeOffset.UtcNow, severity, message));

    /// <summary>Returns when that many lines are stored.</summary>
    public async Task StoredAsync(int count)
    {
        var query = new LogQuery(id, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, LogFilter.Everything, 10_000, true, null);
        for (var tries = 0; tries < 200; tries++)
        {
            if ((await services.GetRequiredService<LogSearch>().FindAsync(query, default)).Lines.Count >= count)
                return;
            await Task.Delay(20);
        }

        throw new TimeoutException($"{count} lines were not stored in time.");
    }

    /// <summary>As a build does at its end.</summary>
    public async Task EndBuildAsync()
    {
        await tenants.ChangeAsync(id, rows => rows.ExecuteUpdateAsync(row => row.SetProperty(d => d.Status, DeploymentStatus.Success)));
        services.GetRequiredService<BuildLogs>().Complete(id);
    }

    public Task DeleteAsync() => tenants.ChangeAsync(id, rows => rows.ExecuteDeleteAsync());

    public readonly record struct BuildLogWriter(BuildLogs Logs, DeploymentId Id)
    {
        public void Append(string level, string message) => Logs.Append(Id, level, message);
    }
}
