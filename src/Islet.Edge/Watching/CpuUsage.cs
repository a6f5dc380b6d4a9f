using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Islet.Edge.Watching;

/// <summary>
/// Reads <see cref="Contracts.IsolateLease.CpuUsageFile"/> by a handle that stays open: one system call and no allocation
/// each time. Without such a file there is no limit of processor time.
/// </summary>
sealed class CpuUsage(SafeFileHandle file) : IDisposable
{
    // first line of cpu.stat, cgroup version 2; cpuacct.usage of version 1 is the bare number
    static ReadOnlySpan<byte> MicrosecondsFollow => "usage_usec "u8;

    public static CpuUsage? TryOpen(string? path)
    {
        try
        {
            return path is null ? null : new CpuUsage(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the isolate ended before anybody looked at it
        }
    }

    /// <summary>In ticks of <see cref="TimeSpan"/>; null when the group is gone.</summary>
    public long? Read()
    {
        Span<byte> text = stackalloc byte[64];
        try
        {
            text = text[..RandomAccess.Read(file, text, fileOffset: 0)];
        }
        catch (IOException)
        {
            return null; // ENODEV: removed with the isolate
        }

        var micro = text.StartsWith(MicrosecondsFollow);
        if (!Utf8Parser.TryParse(micro ? text[MicrosecondsFollow.Length..] : text, out long number, out _))
            return null;
        return micro ? number * TimeSpan.TicksPerMicrosecond : number / TimeSpan.NanosecondsPerTick;
    }

    public void Dispose() => file.Dispose();
}
