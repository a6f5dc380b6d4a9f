using System.Buffers;
using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Kv.Connect;

/// <summary>The message AtomicWriteOutput.</summary>
static class WriteAnswer
{
    const int Success = 1, CheckFailure = 2;

    public static void Write(IBufferWriter<byte> output, in CommitResult result)
    {
        ProtoWriter.Number(output, 1, result.FailedChecks is null ? (ulong)Success : CheckFailure);
        if (result.FailedChecks is { } failed)
        {
            var size = failed.Sum(index => ProtoWriter.SizeOfVarint(index));
            ProtoWriter.Begin(output, 4, size);
            foreach (var index in failed)
                ProtoWriter.Packed(output, index);
            return;
        }
        Span<byte> stamp = stackalloc byte[Versionstamp.Length];
        Versionstamp.Write(stamp, result.Version);
        ProtoWriter.Bytes(output, 2, stamp);
    }
}
