using Islet.Gateway.Names;

namespace Islet.Tests.Gateway;

/// <summary>The parser against bytes that nobody honest sends.</summary>
public sealed class DnsCodecTests
{
    static readonly byte[] Head = [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    static readonly DnsQuestion Question = new(DnsName.Of("a.example"), DnsType.A, 1);

    [Theory]
    [InlineData(new byte[] { 0xC0, 12 })] // itself
    [InlineData(new byte[] { 0xC0, 14, 0xC0, 12 })] // forward
    [InlineData(new byte[] { 1, 97, 0xC0, 12 })] // a circle with a label in it
    [InlineData(new byte[] { 0xC0, 0 })] // into the header
    [InlineData(new byte[] { 0xC0 })]
    [InlineData(new byte[] { 0x40, 97, 0 })] // kinds of label that do not exist
    [InlineData(new byte[] { 0x80, 97, 0 })]
    [InlineData(new byte[] { 3, 97 })]
    [InlineData(new byte[] { 1, 97 })]
    [InlineData(new byte[] { })]
    public void A_name_that_cannot_be_is_not_read(byte[] bytes)
    {
        var reader = new DnsReader([.. new byte[12], .. bytes], 12);
        reader.TryName(out _).ShouldBeFalse();
    }

    [Fact]
    public void Pointers_that_climb_down_through_the_whole_message_end()
    {
        // each of 5000 pointers leads to the one before it, the first to a label
        List<byte> message = [.. new byte[12], 1, 97, 0];
        message.AddRange([0xC0, 12]);
        for (var at = 15; message.Count < 10_000; at += 2)
            message.AddRange([(byte)(0xC0 | (at >> 8)), (byte)at]);
        var reader = new DnsReader(message.ToArray(), message.Count - 2);

        reader.TryName(out var name).ShouldBeTrue();
        name!.Text.ShouldBe("a");
        reader.Position.ShouldBe(message.Count);
    }

    [Fact]
    public void A_name_has_255_bytes_at_most()
    {
        byte[] Labels(int last) => [.. Enumerable.Repeat((byte[])[63, .. new byte[63]], 3).SelectMany(label => label), (byte)last, .. new byte[last], 0];

        new DnsReader(Labels(61)).TryName(out var longest).ShouldBeTrue();
        longest!.Wire.Length.ShouldBe(255);
        new DnsReader(Labels(62)).TryName(out _).ShouldBeFalse();
    }

    [Fact]
    public void A_strange_name_does_not_look_like_a_common_one()
    {
        new DnsReader([5, .. "a.b\0\\"u8, 7, .. "EXAMPLE"u8, 0]).TryName(out var name).ShouldBeTrue();
        name!.Text.ShouldBe("a\\046b\\000\\092.example");
    }

    [Theory]
    [InlineData(DnsType.Mx, new byte[] { 0, 10, 0xC0 })]
    [InlineData(DnsType.Mx, new byte[] { 0 })]
    [InlineData(DnsType.Cname, new byte[] { 1, 97, 0, 0 })] // a byte too many
    [InlineData(DnsType.Soa, new byte[] { 0, 0, 1, 2, 3 })]
    [InlineData(DnsType.Srv, new byte[] { 0, 0, 0, 0, 0, 0, 0xC0, 60 })]
    public void Data_that_its_type_forbids_makes_the_answer_unreadable(ushort type, byte[] data) =>
        DnsAnswer.TryRead(Answer(type, (ushort)data.Length, data), 1, Question, out _, out _).ShouldBeFalse();

    [Fact]
    public void Lengths_that_lie_make_the_answer_unreadable()
    {
        DnsAnswer.TryRead(Answer(DnsType.A, 4, [1, 2, 3, 4]), 1, Question, out _, out _).ShouldBeTrue();
        DnsAnswer.TryRead(Answer(DnsType.A, 5, [1, 2, 3, 4]), 1, Question, out _, out _).ShouldBeFalse();
        DnsAnswer.TryRead(Answer(DnsType.A, ushort.MaxValue, [1, 2, 3, 4]), 1, Question, out _, out _).ShouldBeFalse();
        byte[] counts = [.. Answer(DnsType.A, 4, [1, 2, 3, 4])];
        counts[7] = 200;
        DnsAnswer.TryRead(counts, 1, Question, out _, out _).ShouldBeFalse();
        DnsAnswer.TryRead(Answer(DnsType.A, 4, [1, 2, 3, 4]), 2, Question, out _, out _).ShouldBeFalse();
        DnsAnswer.TryRead(Answer(DnsType.A, 4, [1, 2, 3, 4]), 1, Question with { Type = DnsType.Aaaa }, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Any_bytes_are_read_or_not_but_never_throw()
    {
        var random = new Random(20_261_124);
        byte[] good = Answer(DnsType.Mx, 11, [0, 10, 4, .. "mail"u8, 0xC0, 12]);
        for (var round = 0; round < 50_000; round++)
        {
            byte[] bytes = [.. good];
            for (var change = random.Next(4); change >= 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            bytes = bytes[..random.Next(bytes.Length + 1)];
            if (DnsAnswer.TryRead(bytes, 1, Question, out _, out var answer))
                _ = PublicAnswers.Of(answer, out _).Lifetime();
            if (DnsQuery.TryRead(bytes, out var query, out _))
                _ = DnsWriter.Answer(query!, DnsAnswer.Of(DnsCode.Refused), 0, 512);
        }
    }

    [Fact]
    public void What_is_written_is_read_back_the_same()
    {
        var owners = new[] { "a.example", "b.a.example", "example", "other.test", "A.example" };
        var records = owners.Select((owner, index) => new DnsRecord(DnsName.Of(owner), DnsType.Txt, 1, (uint)index * 100, [1, (byte)index])).ToList();
        DnsQuery.TryRead(DnsWriter.Query(9, Question, false, true, true), out var query, out _).ShouldBeTrue();
        (query!.UdpSize, query.HasOpt, query.Secure).ShouldBe((1232, true, true));

        var bytes = DnsWriter.Answer(query, new(DnsCode.NoError, records, [], records), age: 150, 4096);

        DnsAnswer.TryRead(bytes, 9, Question, out _, out var answer).ShouldBeTrue();
        answer!.Answers.Select(record => (record.Owner.Text, record.Ttl, record.Data[1])).ShouldBe(
            [("a.example", 0u, (byte)0), ("b.a.example", 0u, (byte)1), ("example", 50u, (byte)2), ("other.test", 150u, (byte)3), ("a.example", 250u, (byte)4)]);
        answer.Additionals.Count.ShouldBe(5);
    }

    static byte[] Answer(ushort type, ushort length, byte[] data) =>
    [
        .. Head, .. Question.Name.Wire, 0, 1, 0, 1,
        0xC0, 12, (byte)(type >> 8), (byte)type, 0, 1, 0, 0, 0, 60, (byte)(length >> 8), (byte)length, .. data,
    ];
}
