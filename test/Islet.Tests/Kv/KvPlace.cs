using Islet.Kv;
using Islet.Kv.Engine;
using Islet.Tests.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Islet.Tests.Kv;

/// <summary>Where a class of tests has its databases: files, or one PostgreSQL. Each test takes an id of its own.</summary>
public abstract class KvPlace : IAsyncLifetime
{
    readonly string directory = Directory.CreateTempSubdirectory("islet-kv-").FullName;

    internal TestDatabase? Postgres { get; private protected set; }

    public abstract ValueTask InitializeAsync();

    /// <summary>A node of its own: on files there is one at a time.</summary>
    internal KvDatabases StartNode(TimeProvider? time = null) => new(
        Options.Create(new KvOptions { Directory = directory, Postgres = Postgres?.Address }), time ?? TimeProvider.System, NullLogger<KvDatabases>.Instance);

    public ValueTask DisposeAsync()
    {
        Postgres?.Dispose();
        Directory.Delete(directory, recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

public sealed class FilePlace : KvPlace
{
    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;
}

public sealed class PostgresPlace : KvPlace
{
    public override async ValueTask InitializeAsync() => Postgres = await TestDatabase.CreatePostgresAsync(empty: true);
}

/// <summary>A test of one database on one node, whose clock goes on by itself and can be moved.</summary>
public abstract class KvTests(KvPlace place) : IAsyncLifetime
{
    readonly Guid id = Guid.NewGuid();
    readonly List<KvDatabases> nodes = [];
    readonly List<KvUse> uses = [];

    protected Guid Id => id;

    internal MovedTime Time { get; } = new();

    internal KvDatabase Database { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Database = await OpenAsync(StartNode());

    public async ValueTask DisposeAsync()
    {
        uses.ForEach(use => use.Dispose());
        foreach (var node in nodes)
            await node.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal KvDatabases StartNode()
    {
        nodes.Add(place.StartNode(Time));
        return nodes[^1];
    }

    internal async Task<KvDatabase> OpenAsync(KvDatabases node)
    {
        uses.Add(await node.OpenAsync(id, default));
        return uses[^1].Database;
    }

    internal async Task StopAsync(KvDatabases node)
    {
        nodes.Remove(node);
        await node.DisposeAsync();
    }

    /// <summary>As at the end of a server and the start of the next one.</summary>
    internal async Task ReopenAsync()
    {
        uses.ForEach(use => use.Dispose());
        uses.Clear();
        foreach (var node in nodes)
            await node.DisposeAsync();
        nodes.Clear();
        Database = await OpenAsync(StartNode());
    }
}

sealed class MovedTime : TimeProvider
{
    long moved;

    public long Now => GetUtcNow().ToUnixTimeMilliseconds();

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddMilliseconds(Volatile.Read(ref moved));

    public void Move(long milliseconds) => Interlocked.Add(ref moved, milliseconds);
}
