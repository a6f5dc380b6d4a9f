using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Databases;

public static class DatabasesSetup
{
    /// <summary>Adds what measures the databases. Needs an <see cref="Contracts.IKvStores"/>.</summary>
    public static IServiceCollection AddMeasureDatabases(this IServiceCollection services) => services.AddHostedService<MeasureDatabases>();

    /// <summary>Adds what has databases backed up. Needs an <see cref="Contracts.IKvBackups"/>.</summary>
    public static IServiceCollection AddRunBackups(this IServiceCollection services) => services.AddHostedService<RunBackups>();

    internal static IServiceCollection AddDatabases(this IServiceCollection services) => services
        .AddScoped<Databases>()
        .AddScoped<DatabaseAccess>()
        .AddScoped<DatabaseReferences>()
        .AddScoped<DatabaseBackups>()
        .AddScoped<ClaimBackups>();
}
