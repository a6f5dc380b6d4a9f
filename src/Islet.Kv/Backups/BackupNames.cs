using System.Globalization;
using Islet.Kv.Engine.Changes;
using Islet.Kv.Wire;

namespace Islet.Kv.Backups;

/// <summary>
/// Keys of a backup's objects, as Deno Deploy has them and <c>denokv pitr</c> reads them (denoland/denokv, timemachine):
/// parts of the snapshot, parts of the log, and <c>differential</c>, whose versionstamp the snapshot and the log before it make.
/// </summary>
sealed record BackupNames(string Prefix)
{
    const string Format = "0001";
    const int Stamp12 = Versionstamp.Length + 2;

    public string Differential => Prefix + "differential";

    public string Snapshots => Prefix + "snapshots/";

    public string Logs => Prefix + "logs/";

    public string Snapshot(long version, long number) => string.Create(CultureInfo.InvariantCulture, $"{Snapshots}{Format}_{version:x16}_{number:x16}.bin");

    public string Log(long number, ChangeRow first, ChangeRow last) => string.Create(
        CultureInfo.InvariantCulture, $"{Logs}{Format}_{number:x16}_{Convert.ToHexStringLower(Stamp(first))}_{Convert.ToHexStringLower(Stamp(last))}.bin");

    /// <summary>Of the name of a part of the log.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public (long Number, long Last) ReadLog(string key) =>
        key[Logs.Length..].Split('_', '.') is [Format, { Length: 16 } number, _, { Length: Stamp12 * 2 } last, "bin"]
            ? (long.Parse(number, NumberStyles.HexNumber, CultureInfo.InvariantCulture), long.Parse(last.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture))
            : throw new FormatException($"{key} is no part of a log");

    /// <summary>A versionstamp and the place among the changes of that version.</summary>
    public static byte[] Stamp(in ChangeRow row)
    {
        var stamp = new byte[Stamp12];
        Versionstamp.Write(stamp, row.Version);
        (stamp[10], stamp[11]) = ((byte)(row.Sequence >> 8), (byte)row.Sequence);
        return stamp;
    }
}
