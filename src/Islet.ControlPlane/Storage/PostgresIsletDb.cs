using Islet.ControlPlane.Nodes;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Islet.ControlPlane.Storage;

/// <summary>The control plane in a PostgreSQL database, which several nodes may share.</summary>
public sealed class PostgresIsletDb : IsletDb
{
    /// <summary>Order of bytes, as in SQLite: names and ids are compared as ranges.</summary>
    const string Ordinal = "C";

    public PostgresIsletDb(DbContextOptions<PostgresIsletDb> options)
        : base(options) => Database.AutoTransactionBehavior = AutoTransactionBehavior.Always; // so that each write takes its turn

    /// <summary>Sets up a context on a database that exists.</summary>
    internal static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) => options
        .UseNpgsql(source)
        .AddInterceptors(PostgresWriters.Instance, PostgresText.Instance);

    /// <summary>The clock of the database, the same for all nodes.</summary>
    internal override async ValueTask<DateTimeOffset> NowAsync(TimeProvider time, CancellationToken cancellation)
    {
        var now = await Database.SqlQuery<long>($"""SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS "Value" """).SingleAsync(cancellation);
        return DateTimeOffset.UnixEpoch.AddTicks(now * TimeSpan.TicksPerMicrosecond);
    }

    internal override async ValueTask<int> NodesAsync(CancellationToken cancellation) =>
        await Database.SqlQueryRaw<int>(PresentNodes.Count).SingleAsync(cancellation);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<string>().UseCollation(Ordinal);
        configurationBuilder.Properties<DeploymentId>().UseCollation(Ordinal);
    }
}
