using Islet.ControlPlane.Egress;
using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Islet.ControlPlane.Logs;

/// <summary>Wires the log room.</summary>
public static class LogsSetup
{
    /// <summary>
    /// Adds telemetry.db and what reads and writes it. Call it before whatever writes lines is added: hosted parts stop
    /// in reverse order, and the last lines of the others shall be stored.
    /// </summary>
    public static IServiceCollection AddLogs(this IServiceCollection services, LogsOptions options)
    {
        options.Validate();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<TelemetryDb>();
        services.AddSingleton<LogTail>();
        services.AddSingleton<LogSearch>();
        services.AddSingleton<BuildLogs>();
        services.AddSingleton<LogAccess>();
        services.AddSingleton<LogWriter>();
        services.AddSingleton<ILogSink>(provider => provider.GetRequiredService<LogWriter>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<LogWriter>());
        services.AddSingleton<EgressWriter>();
        services.AddSingleton<IEgressSink>(provider => provider.GetRequiredService<EgressWriter>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<EgressWriter>());
        services.AddSingleton<EgressSearch>();
        services.AddHostedService<LogRetention>();
        return services;
    }
}
