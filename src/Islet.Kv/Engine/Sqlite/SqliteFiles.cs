using System.Buffers.Binary;
using System.Globalization;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>The files of databases in their directory, open or not.</summary>
static class SqliteFiles
{
    const string Suffix = ".db";

    /// <summary>Of the file format: page size, pages, free pages (sqlite.org/fileformat2.html, section 1.3).</summary>
    const int HeaderBytes = 100, PageSizeAt = 16, PagesAt = 28, FreePagesAt = 36;

    public static string PathOf(string directory, Guid id) => Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{id:D}{Suffix}"));

    public static List<Guid> All(string directory) => !Directory.Exists(directory) ? [] :
        [.. Directory.EnumerateFiles(directory, "*" + Suffix)
            .Select(file => Guid.TryParseExact(Path.GetFileNameWithoutExtension(file), "D", out var id) ? id : Guid.Empty)
            .Where(id => id != Guid.Empty)];

    /// <summary>Pages in use, and what is in the log still. A file never shrinks, but gives pages away again.</summary>
    public static long Size(string path)
    {
        if (!File.Exists(path))
            return 0;
        Span<byte> header = stackalloc byte[HeaderBytes];
        using (var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete))
            if (RandomAccess.Read(file, header, 0) < HeaderBytes)
                return 0;
        long page = BinaryPrimitives.ReadUInt16BigEndian(header[PageSizeAt..]) is var size and not 1 ? size : 65_536;
        var used = BinaryPrimitives.ReadUInt32BigEndian(header[PagesAt..]) - (long)BinaryPrimitives.ReadUInt32BigEndian(header[FreePagesAt..]);
        return page * used + (new FileInfo(path + "-wal") is { Exists: true } log ? log.Length : 0);
    }

    public static void Remove(string path)
    {
        foreach (var suffix in (string[])["-wal", "-shm", ""])
            File.Delete(path + suffix);
    }
}
