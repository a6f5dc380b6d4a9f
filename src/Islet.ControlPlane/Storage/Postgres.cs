using Islet.ControlPlane.Nodes;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Islet.ControlPlane.Storage;

/// <summary>The PostgreSQL database that this node shares with others, if that is where its rows are.</summary>
public sealed class Postgres : IDisposable
{
    readonly Lazy<NpgsqlDataSource> source;

    public Postgres(IOptions<ControlPlaneOptions> options, Node node)
    {
        IsUsed = options.Value.Database is not null;
        source = new(() => NpgsqlDataSource.Create(WithNode(options.Value.Database!, node.Name)));
    }

    /// <summary>False: rows are in the SQLite file of the data directory, and there is one node.</summary>
    public bool IsUsed { get; }

    internal NpgsqlDataSource Source => source.Value;

    public void Dispose()
    {
        if (source.IsValueCreated)
            source.Value.Dispose();
    }

    /// <summary>Each connection says whose it is, so that notices of changes do too.</summary>
    static string WithNode(string database, string node)
    {
        var settings = new NpgsqlConnectionStringBuilder(database);
        settings.Options = $"{settings.Options} -c islet.node={node}".TrimStart();
        return settings.ConnectionString;
    }
}
