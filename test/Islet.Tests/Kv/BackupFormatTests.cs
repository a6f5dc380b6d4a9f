using Islet.Kv.Backups;
using Islet.Kv.Engine;
using Islet.Kv.Engine.Changes;
using Islet.Kv.Wire;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

public sealed class BackupFormatTests
{
    const string Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>The examples of the S3 API reference, "Signature Calculations for the Authorization Header".</summary>
    [Theory]
    [InlineData("GET", "/test.txt", "", "range", "bytes=0-9", Empty, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")]
    [InlineData("GET", "/", "lifecycle=", null, null, Empty, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")]
    [InlineData("GET", "/", "max-keys=2&prefix=J", null, null, Empty, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")]
    public void Signatures_are_those_of_the_published_examples(
        string method, string path, string query, string? name, string? value, string payloadHash, string signature)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = "examplebucket.s3.amazonaws.com", ["x-amz-content-sha256"] = payloadHash, ["x-amz-date"] = "20130524T000000Z",
        };
        if (name is not null)
            headers[name] = value!;
        new S3Signature("us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            .Authorize(method, path, query, headers, payloadHash, "20130524T000000Z").ShouldEndWith("Signature=" + signature);
    }

    [Fact]
    public void A_log_reads_as_it_was_written_and_ends_with_its_commit()
    {
        var changes = new Dictionary<ReadOnlyMemory<byte>, KeyState>(KeyComparer.Instance)
        {
            [Key("a")] = new(Key("one"), KvEncoding.Bytes, 12, 0),
            [Key("b")] = new(Key("two"), KvEncoding.V8, 10, 99_000),
            [Key("c")] = default,
        };
        var rows = ChangeRow.Of(changes, version: 12, now: 1_000);
        var read = BackupMessages.ReadLog(BackupMessages.Log(new(rows, 1_000)));

        read.At.ShouldBe(1_000);
        read.Rows.Select(row => (Text(row.Key), row.Version, row.IsDeletion, row.State.ExpireAt, Text(row.State.Value)))
            .ShouldBe([("b", 10, false, 99_000, "two"), ("a", 12, false, 0, "one"), ("c", 12, true, 0, "")]);
        read.Rows.Select(row => row.Sequence).ShouldBe([0, 0, ChangeRow.Last]);
    }

    [Fact]
    public void A_snapshot_reads_as_it_was_written()
    {
        StoredEntry[] entries = [new(Key("a"), new(Key("one"), KvEncoding.Bytes, 12, 0)), new(Key("b"), new(default, KvEncoding.V8, 3, 5_000))];
        BackupMessages.ReadSnapshot(BackupMessages.Snapshot(entries))
            .Select(entry => (Text(entry.Key), Text(entry.State.Value), entry.State.Encoding, entry.State.Version, entry.State.ExpireAt))
            .ShouldBe([("a", "one", KvEncoding.Bytes, 12, 0), ("b", "", KvEncoding.V8, 3, 5_000)]);
    }
}
