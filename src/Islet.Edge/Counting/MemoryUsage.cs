using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Islet.Edge.Counting;

/// <summary>Reads <see cref="Contracts.IsolateLease.MemoryStatFile"/> by a handle that stays open: one system call each time.</summary>
sealed class MemoryUsage(SafeFileHandle file) : IDisposable
{
    /// <summary>The line is one of the first in both versions.</summary>
    const int Begin = 512;

    public static MemoryUsage? TryOpen(string? path)
    {
        try
        {
            return path is null ? null : new MemoryUsage(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the isolate ended before anybody looked at it
        }
    }

    /// <summary>Bytes without those of files; 0 when the group is gone.</summary>
    public long Read()
    {
        Span<byte> text = stackalloc byte[Begin];
        try
        {
            text = text[..RandomAccess.Read(file, text, fileOffset: 0)];
        }
        catch (IOException)
        {
            return 0; // ENODEV: removed with the isolate
        }

        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.StartsWith("rss "u8) && Utf8Parser.TryParse(line[4..], out long resident, out _))
                return resident;
            if (line.StartsWith("anon "u8) && Utf8Parser.TryParse(line[5..], out long anonymous, out _))
                return anonymous;
        }

        return 0;
    }

    public void Dispose() => file.Dispose();
}
