using Islet.ControlPlane;
using Islet.ControlPlane.Nodes;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Islet.Tests.Postgres;

/// <summary>
/// A database for one test, of the engine that this run is for: SQLite, or PostgreSQL when <c>ISLET_TEST_DATABASE</c> is
/// <c>postgres</c>. Tests of what PostgreSQL alone has ask for one in every run.
/// </summary>
sealed class TestDatabase : IDisposable
{
    static readonly Lazy<Task> Template = new(MakeTemplateAsync);

    readonly string? name;

    TestDatabase(string? address, string? name) => (Address, this.name) = (address, name);

    public static bool IsPostgres => Environment.GetEnvironmentVariable("ISLET_TEST_DATABASE") == "postgres";

    /// <summary>For <see cref="ControlPlaneOptions.Database"/>; null: SQLite.</summary>
    public string? Address { get; }

    public static TestDatabase Sqlite { get; } = new(null, null);

    public static TestDatabase Create() => IsPostgres ? Task.Run(() => CreatePostgresAsync()).GetAwaiter().GetResult() : new(null, null);

    /// <param name="empty">Without tables, as an operator makes it.</param>
    public static async Task<TestDatabase> CreatePostgresAsync(bool empty = false)
    {
        if (!empty)
            await Template.Value;
        var made = $"t{Guid.NewGuid():N}";
        await RunAsync($"""CREATE DATABASE "{made}" TEMPLATE {(empty ? "template0" : "islet_template")}""");
        return new(await AddressOfAsync(made), made);
    }

    /// <summary>Runs one statement in it, as somebody else than the control plane.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Address!);
#pragma warning disable CA2100 // of tests
        await using var command = source.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    public void Dispose()
    {
        if (name is not null)
            Task.Run(() => RunAsync($"""DROP DATABASE "{name}" WITH (FORCE)""")).GetAwaiter().GetResult();
    }

    /// <summary>The tables once, to be copied: a copy takes a tenth of the time.</summary>
    static async Task MakeTemplateAsync()
    {
        await RunAsync("CREATE DATABASE islet_template TEMPLATE template0");
        var directory = Directory.CreateTempSubdirectory("islet-template-");
        var options = Options.Create(new ControlPlaneOptions
        {
            DataDirectory = directory.FullName,
            Database = $"{await AddressOfAsync("islet_template")};Pooling=false", // a template must have no connections
        });
        using (var postgres = new Islet.ControlPlane.Storage.Postgres(options, new Node(options)))
        {
            var context = new DbContextOptionsBuilder<PostgresIsletDb>();
            PostgresIsletDb.Configure(context, postgres.Source);
            await using var db = new PostgresIsletDb(context.Options);
            await (await new PrepareDatabase(postgres, options).RunAsync(db, default)).DisposeAsync();
            await db.Database.ExecuteSqlRawAsync("DELETE FROM islet_shared");
        }
        directory.Delete(recursive: true);
    }

    static async Task<string> AddressOfAsync(string database) =>
        new NpgsqlConnectionStringBuilder(PostgresAddress.Parse(await PostgresServer.AddressAsync())) { Database = database }.ConnectionString;

    static async Task RunAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create($"{PostgresAddress.Parse(await PostgresServer.AddressAsync())};Pooling=false");
#pragma warning disable CA2100 // names are made here
        await using var command = source.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
