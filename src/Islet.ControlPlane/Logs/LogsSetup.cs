using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Logs;

/// <summary>Wires the log room.</summary>
public static class LogsSetup
{
    /// <summary>
    /// Adds telemetry.db, in the data directory of the control plane, and what reads and writes it. Call it after the
    /// control plane and before whatever writes lines is added: hosted parts stop in reverse order, and the last lines
    /// of the others shall be stored.
    /// </summary>
    public static IServiceCollection AddLogs(this IServiceCollection services, Action<LogsOptions>? change = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => Options(provider.GetRequiredService<IOptions<ControlPlaneOptions>>().Value, change));
        services.AddSingleton<TelemetryDb>();
        services.AddSingleton<LogTail>();
        services.AddSingleton<LogSearch>();
        services.AddSingleton<BuildLogs>();
        services.AddSingleton<LogAccess>();
        services.AddSingleton<LogWriter>();
        services.AddSingleton<ILogSink>(provider => provider.GetRequiredService<LogWriter>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<LogWriter>());
        services.AddHostedService<LogRetention>();
        return services;
    }

    static LogsOptions Options(ControlPlaneOptions platform, Action<LogsOptions>? change)
    {
        var options = new LogsOptions
        {
            TelemetryPath = Path.Combine(Path.GetFullPath(platform.DataDirectory), "telemetry.db"),
            Region = platform.Region,
        };
        change?.Invoke(options);
        options.Validate();
        return options;
    }
}
