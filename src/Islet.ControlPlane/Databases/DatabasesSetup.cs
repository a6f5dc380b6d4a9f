using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Databases;

static class DatabasesSetup
{
    public static IServiceCollection AddDatabases(this IServiceCollection services) => services
        .AddScoped<Databases>()
        .AddScoped<DatabaseReferences>()
        .AddScoped<DatabaseBackups>();
}
