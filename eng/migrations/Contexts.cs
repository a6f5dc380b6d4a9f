using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Islet.Migrations;

/// <summary>The EF tools load this program, nobody runs it.</summary>
static class Program
{
    static void Main()
    {
        // see above
    }
}

/// <summary>The model as SQLite has it; no file is opened.</summary>
sealed class SqliteContexts : IDesignTimeDbContextFactory<SqliteIsletDb>
{
    public SqliteIsletDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<SqliteIsletDb>();
        SqliteIsletDb.Configure(options, ".");
        return new(options.Options);
    }
}

/// <summary>The model as PostgreSQL has it; no server is asked.</summary>
sealed class PostgresContexts : IDesignTimeDbContextFactory<PostgresIsletDb>
{
    public PostgresIsletDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<PostgresIsletDb>();
        options.UseNpgsql("Host=127.0.0.1");
        return new(options.Options);
    }
}
