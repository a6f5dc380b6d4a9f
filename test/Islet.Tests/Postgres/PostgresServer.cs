using System.Diagnostics;
using Islet.Tests.House;

[assembly: AssemblyFixture(typeof(Islet.Tests.Postgres.PostgresServer))]

namespace Islet.Tests.Postgres;

/// <summary>Debian's PostgreSQL, started by the first test that asks and ended with the tests: <c>eng/postgres.sh</c>.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    static readonly Lazy<(Process Process, Task<string> Address)> Started = new(Start);

    /// <summary>Of the database that others are made from, as an operator would write it.</summary>
    public static async Task<string> AddressAsync() => await Started.Value.Address;

    public async ValueTask DisposeAsync()
    {
        if (!Started.IsValueCreated)
            return;
        using var process = Started.Value.Process;
        process.StandardInput.Close();
        await process.WaitForExitAsync();
    }

    static (Process, Task<string>) Start()
    {
        var process = Process.Start(new ProcessStartInfo(Path.Combine(Repository.Root, "eng/postgres.sh"))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        return (process, ReadAsync(process));
    }

    static async Task<string> ReadAsync(Process process) =>
        await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("PostgreSQL did not start: see above.");
}
