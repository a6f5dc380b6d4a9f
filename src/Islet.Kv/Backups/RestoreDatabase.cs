using System.Data.Common;
using System.Globalization;
using System.Text;
using Islet.Contracts;
using Islet.Kv.Engine;
using Islet.Kv.Engine.Changes;
using Islet.Kv.Engine.Postgres;
using Islet.Kv.Engine.Sqlite;
using Islet.Kv.Wire;

namespace Islet.Kv.Backups;

/// <param name="Version">Of the last change in it.</param>
/// <param name="At">When that was committed; null: nothing had changed since the snapshot.</param>
public sealed record Restored(long Entries, string Version, DateTimeOffset? At);

/// <summary>Makes a database of its backup, beside a server or without one.</summary>
public static class RestoreDatabase
{
    /// <summary>Versions that the lost part of a database may have given are not given again.</summary>
    const long Apart = 1_000_000;

    /// <param name="place">Where the server has its databases.</param>
    /// <param name="until">The last commit that is wanted, to some seconds; null: all.</param>
    /// <exception cref="IOException">There is no such backup, it has a hole, or the database was used before.</exception>
    public static async Task<Restored> RunAsync(KvOptions place, KvBackup backup, DateTimeOffset? until, CancellationToken cancellation)
    {
        using var http = S3Bucket.NewClient();
        try
        {
            await using RestoreTarget target = place.Postgres is { } address
                ? await PostgresRestore.BeginAsync(address, backup.Database, cancellation)
                : new SqliteRestore(place.Directory, backup.Database);
            return await FillAsync(target, new(http, backup, TimeProvider.System), new(backup.Prefix), until, cancellation);
        }
        catch (Exception problem) when (problem is S3Exception or KvException or FormatException or HttpRequestException or DbException)
        {
            throw new IOException(problem.Message, problem);
        }
    }

    static async Task<Restored> FillAsync(RestoreTarget target, S3Bucket bucket, BackupNames names, DateTimeOffset? until, CancellationToken cancellation)
    {
        if (await bucket.FindAsync(names.Differential, cancellation) is not var (differential, written))
            throw new IOException("There is no backup here, or it was never complete");
        if (until < written)
            throw new IOException($"The backup begins at {written:O}");
        var version = long.Parse(Encoding.ASCII.GetString(differential).AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var based = version;
        foreach (var key in await bucket.ListAsync(names.Snapshots, all: true, cancellation))
            await target.ApplyAsync(BackupMessages.ReadSnapshot(await GetAsync(bucket, key, cancellation)), cancellation);
        long? at = null;
        var number = 0L;
        ChangeRow newest = default;
        foreach (var key in await bucket.ListAsync(names.Logs, all: true, cancellation))
        {
            var (next, last) = names.ReadLog(key);
            if (next != number && next != number + 1) // the same twice: a server ended after it had copied it, and the next one copied more at once
                throw new IOException($"Part {number + 1} of the log is missing");
            var segment = BackupMessages.ReadLog(await GetAsync(bucket, key, cancellation));
            if (last > based && segment.At > (until?.ToUnixTimeMilliseconds() ?? long.MaxValue))
                break;
            var rows = segment.Rows.Where(row => row.IsAfter(newest)).ToList();
            await target.ApplyAsync(rows, cancellation);
            if (rows.Count > 0)
                newest = rows[^1];
            (number, version, at) = (next, Math.Max(version, last), segment.At);
        }
        var entries = await target.FinishAsync(version + Apart, cancellation);
        return new(entries, version.ToString("x16", CultureInfo.InvariantCulture) + "0000", at is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null);
    }

    static async Task<byte[]> GetAsync(S3Bucket bucket, string key, CancellationToken cancellation) =>
        (await bucket.FindAsync(key, cancellation))?.Content ?? throw new IOException($"The object {key} is gone");
}
