using Islet.Kv;
using Islet.Kv.Connect;
using Islet.Kv.Wire;
using System.Buffers;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

/// <summary>Messages of clients, the limits on them, and bytes that are no messages.</summary>
public sealed class KvWireTests
{
    const int Seed = 20_261_124;

    [Fact]
    public void A_write_is_read_as_it_was_sent()
    {
        var message = Proto.Write(
            Proto.Check("a", Proto.Stamp(7)), Proto.Check("b", []),
            Proto.Mutation(1, "k", Key("v"), 3, 99), Proto.Mutation(2, "gone", [], 3), Proto.Mutation(9, "log", Key("x"), 1, -1),
            Proto.Enqueue("payload", 5, [1, 300], "dead"));

        var write = AtomicWrite.Decode(message);

        write.Checks.Select(check => (Text(check.Key), check.Version)).ShouldBe([("a", 7L), ("b", null)]);
        write.Mutations.Select(mutation => (mutation.Kind, Text(mutation.Key), Text(mutation.Value), mutation.Encoding, mutation.ExpireAt)).ShouldBe([
            (MutationKind.Set, "k", "v", KvEncoding.Bytes, 99), (MutationKind.Delete, "gone", "", KvEncoding.Bytes, 0),
            (MutationKind.SetSuffixVersionstampedKey, "log", "x", KvEncoding.V8, 0)]);
        var enqueue = write.Enqueues.ShouldHaveSingleItem();
        (Text(enqueue.Payload), enqueue.Deadline, Text(enqueue.KeysIfUndelivered.Single())).ShouldBe(("payload", 5, "dead"));
        enqueue.Backoff.ShouldBe([1u, 300u]);
    }

    public static TheoryData<string, string, int> Limits => new()
    {
        { "A key exceeds the key size limit.", nameof(KvLimits.WriteKey), KvLimits.WriteKey },
        { "A key exceeds the key size limit.", "check key", KvLimits.WriteKey },
        { "A value exceeds the value size limit.", nameof(KvLimits.Value), KvLimits.Value },
        { "A value exceeds the value size limit.", "payload", KvLimits.Value },
        { "Too many checks included in atomic write.", nameof(KvLimits.Checks), 100 },
        { "Too many mutations / enqueues included in atomic write.", nameof(KvLimits.Mutations), 1000 },
        { "Too many mutations / enqueues included in atomic write.", "enqueues", 1000 },
        { "The total size of the atomic write is too large.", nameof(KvLimits.WriteBytes), KvLimits.WriteBytes },
        { "The total key size of the atomic write is too large.", nameof(KvLimits.WriteKeyBytes), KvLimits.WriteKeyBytes },
        { "Too many dead letter keys for a single queue message.", nameof(KvLimits.KeysIfUndelivered), 10 },
        { "Too many backoff intervals for a single queue message.", nameof(KvLimits.BackoffIntervals), 5 },
        { "A backoff interval exceeds the maximum allowed value.", nameof(KvLimits.BackoffMilliseconds), 3_600_000 },
        { "Too many read ranges requested in one read request.", nameof(KvLimits.Ranges), 10 },
        { "The total number of entries requested across read ranges in the read request is too large.", nameof(KvLimits.Entries), 1000 },
        { "A key exceeds the key size limit.", nameof(KvLimits.ReadKey), 2049 },
        { "Too many keys watched in a single watch request.", nameof(KvLimits.WatchedKeys), 10 },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void As_much_as_a_limit_is_taken_and_one_more_refused(string text, string limit, int most)
    {
        Should.NotThrow(() => Decode(limit, most));
        Should.Throw<KvException>(() => Decode(limit, most + 1)).Message.ShouldBe(text);
    }

    [Theory]
    [InlineData("A key must not be empty.", 1, "", 3, 0)]
    [InlineData("Invalid mutation kind or arguments.", 0, "k", 3, 0)]
    [InlineData("Invalid mutation kind or arguments.", 6, "k", 3, 0)]
    [InlineData("Unknown encoding of a value.", 1, "k", 0, 0)]
    [InlineData("Unknown encoding of a value.", 1, "k", 4, 0)]
    [InlineData("A u64 value must have 8 bytes.", 3, "k", 2, 0)]
    [InlineData("The expiration time of a mutation is invalid.", 1, "k", 3, -2)]
    public void A_mutation_that_means_nothing_is_refused(string text, int kind, string key, int encoding, long expireAt) =>
        Should.Throw<KvException>(() => AtomicWrite.Decode(Proto.Write(Proto.Mutation(kind, key, Key("v"), encoding, expireAt)))).Message.ShouldBe(text);

    [Fact]
    public void Other_nonsense_is_refused()
    {
        Refusal(Proto.Write(Proto.Check("a", [1, 2]))).ShouldBe("A versionstamp must have 10 bytes.");
        Refusal(Proto.Write(Proto.Check("", []))).ShouldBe("A key must not be empty.");
        Refusal(Proto.Write(Proto.Message(2, [.. Proto.Field(1, Key("k")), .. Proto.Field(3, 1)]))).ShouldBe("Invalid mutation kind or arguments.");
        Refusal(Proto.Write(Proto.Enqueue("p", -1, []))).ShouldBe("The deadline of a queue message is invalid.");
        Should.Throw<KvException>(() => SnapshotRead.Decode(Proto.Range("a", "b", 0))).Message.ShouldBe("The read range limit of the snapshot read request is invalid.");
        Should.Throw<KvException>(() => SnapshotRead.Decode(Proto.Range("a", "b", -1))).Message.ShouldBe("The read range limit of the snapshot read request is invalid.");
    }

    [Fact]
    public void Fields_that_are_not_known_are_left_out() =>
        AtomicWrite.Decode(Proto.Write(Proto.Field(9, Key("?")), Proto.Field(10, 5), Proto.Mutation(1, "k", Key("v"), 3))).Mutations.Length.ShouldBe(1);

    [Fact]
    public void Bytes_that_are_no_message_are_refused_and_nothing_else()
    {
        var random = new Random(Seed);
        byte[][] valid = [
            Proto.Write(Proto.Check("a", Proto.Stamp(7)), Proto.Mutation(1, "k", Key("value"), 3, 99), Proto.Enqueue("payload", 5, [1, 300], "dead", "letter")),
            [.. Proto.Range("a", "b", 5), .. Proto.Range("c", "d", 7)], Proto.Message(1, Proto.Field(1, Key("watched")))];
        for (var round = 0; round < 30_000; round++)
        {
            var bytes = valid[random.Next(valid.Length)].ToArray();
            switch (random.Next(4))
            {
                case 0:
                    bytes = bytes[..random.Next(bytes.Length)];
                    break;
                case 1:
                    bytes = new byte[random.Next(40)];
                    random.NextBytes(bytes);
                    break;
                default:
                    for (var changes = random.Next(1, 4); changes > 0; changes--)
                        bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
            }
            foreach (var decode in new Action<byte[]>[] { b => AtomicWrite.Decode(b), b => SnapshotRead.Decode(b), b => WatchMessage.Decode(b) })
                try
                {
                    decode(bytes);
                }
                catch (KvException)
                {
                    // as it should be; all else ends the test
                }
        }
    }

    [Fact]
    public void A_length_beyond_the_end_takes_no_memory()
    {
        foreach (var length in new byte[][] { [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01] })
            Refusal([0x0a, .. length, 1, 2, 3]).ShouldBe("The request body is no valid message.");
    }

    [Fact]
    public void Answers_are_what_a_client_reads()
    {
        var failed = new ArrayBufferWriter<byte>();
        WriteAnswer.Write(failed, new(0, [0, 3, 99]));
        failed.WrittenSpan.ToArray().ShouldBe([0x08, 2, 0x22, 3, 0, 3, 99]);
        var committed = new ArrayBufferWriter<byte>();
        WriteAnswer.Write(committed, new(0x0102, null));
        committed.WrittenSpan.ToArray().ShouldBe([0x08, 1, 0x12, 10, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0]);
    }

    static string Refusal(byte[] write) => Should.Throw<KvException>(() => AtomicWrite.Decode(write)).Message;

    static void Decode(string limit, int count)
    {
        var key = new string('k', count);
        switch (limit)
        {
            case nameof(KvLimits.WriteKey):
                AtomicWrite.Decode(Proto.Write(Proto.Mutation(1, key, [], 3)));
                break;
            case "check key":
                AtomicWrite.Decode(Proto.Write(Proto.Check(key, [])));
                break;
            case nameof(KvLimits.Value):
                AtomicWrite.Decode(Proto.Write(Proto.Mutation(1, "k", new byte[count], 3)));
                break;
            case "payload":
                AtomicWrite.Decode(Proto.Write(Proto.Enqueue(key, 0, [])));
                break;
            case nameof(KvLimits.Checks):
                AtomicWrite.Decode(Proto.Write(Many(count, n => Proto.Check($"{n}", []))));
                break;
            case nameof(KvLimits.Mutations):
                AtomicWrite.Decode(Proto.Write(Many(count, n => Proto.Mutation(2, $"{n}", [], 3))));
                break;
            case "enqueues":
                AtomicWrite.Decode(Proto.Write(Many(count, n => n % 2 == 0 ? Proto.Enqueue("p", 0, []) : Proto.Mutation(2, $"{n}", [], 3))));
                break;
            case nameof(KvLimits.WriteBytes):
                AtomicWrite.Decode(Proto.Write([Proto.Mutation(1, "kk", new byte[(count - 26) % 50_000], 3), .. Many((count - 26) / 50_000, _ => Proto.Mutation(1, "k", new byte[50_000], 3)), Proto.Mutation(1, new string('k', 24 - (count - 26) / 50_000), [], 3)]));
                break;
            case nameof(KvLimits.WriteKeyBytes):
                AtomicWrite.Decode(Proto.Write([.. Many(40, _ => Proto.Mutation(2, new string('k', 2040), [], 3)), Proto.Mutation(2, new string('k', count - 40 * 2040), [], 3)]));
                break;
            case nameof(KvLimits.KeysIfUndelivered):
                AtomicWrite.Decode(Proto.Write(Proto.Enqueue("p", 0, [], [.. Enumerable.Range(0, count).Select(n => $"k{n}")])));
                break;
            case nameof(KvLimits.BackoffIntervals):
                AtomicWrite.Decode(Proto.Write(Proto.Enqueue("p", 0, [.. Enumerable.Repeat(1u, count)])));
                break;
            case nameof(KvLimits.BackoffMilliseconds):
                AtomicWrite.Decode(Proto.Write(Proto.Enqueue("p", 0, [(uint)count])));
                break;
            case nameof(KvLimits.Ranges):
                SnapshotRead.Decode(Proto.Write(Many(count, _ => Proto.Range("a", "b", 1))));
                break;
            case nameof(KvLimits.Entries):
                SnapshotRead.Decode(Proto.Write(Proto.Range("a", "b", 400), Proto.Range("a", "b", count - 400)));
                break;
            case nameof(KvLimits.ReadKey):
                SnapshotRead.Decode(Proto.Range("a", key, 1));
                break;
            default:
                WatchMessage.Decode(Proto.Write(Many(count, n => Proto.Message(1, Proto.Field(1, Key($"{n}"))))));
                break;
        }
    }

    static byte[][] Many(int count, Func<int, byte[]> make) => [.. Enumerable.Range(0, count).Select(make)];
}
