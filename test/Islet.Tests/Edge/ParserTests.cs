using System.Text;
using Islet.Edge.Forwarding;

namespace Islet.Tests.Edge;

public sealed class ParserTests
{
    const string Head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: X-Hop\r\nX-Hop: 1\r\nSet-Cookie: a=b\r\n\r\n";
    const string Chunks = "5\r\nhello\r\n00A\r\n0123456789\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n";

    [Fact]
    public void Mutated_heads_are_parsed_or_refused_and_nothing_else()
    {
        var random = new Random(4711);
        var parser = new ResponseHead();
        var refused = 0;
        for (var round = 0; round < 50_000; round++)
        {
            var bytes = Mutate(Head, random);
            var end = ResponseHead.FindEnd(bytes, 0);
            if (end < 0)
                continue;
            try
            {
                parser.Parse(bytes.AsSpan(0, end));
                foreach (var field in parser.Fields)
                {
                    bytes.AsSpan(field.NameStart, field.NameLength).IndexOfAny(" \r\n:"u8).ShouldBe(-1);
                    bytes.AsSpan(field.ValueStart, field.ValueLength).IndexOfAny("\r\n\0"u8).ShouldBe(-1);
                }
            }
            catch (IsolateProtocolException)
            {
                refused++;
            }
        }

        refused.ShouldBeInRange(1000, 49_000);
    }

    [Fact]
    public void Chunks_give_the_same_bytes_at_every_split()
    {
        var bytes = Encoding.ASCII.GetBytes(Chunks + "rest");
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
            {
                var chunks = new ChunkedBody();
                var data = new StringBuilder();
                var taken = Feed(ref chunks, bytes.AsSpan(0, first), data);
                if (taken == first)
                    taken += Feed(ref chunks, bytes.AsSpan(first, second - first), data);
                if (taken == second)
                    taken += Feed(ref chunks, bytes.AsSpan(second), data);

                taken.ShouldBe(Chunks.Length);
                chunks.Done.ShouldBeTrue();
                data.ToString().ShouldBe("hello0123456789");
                Encoding.ASCII.GetString(chunks.Trailer).ShouldBe("X-T: 1\r\nX-U: 2\r\n");
            }
        }
    }

    [Fact]
    public void Mutated_chunks_are_read_or_refused_and_nothing_else()
    {
        var random = new Random(4711);
        var refused = 0;
        for (var round = 0; round < 50_000; round++)
        {
            var chunks = new ChunkedBody();
            try
            {
                Feed(ref chunks, Mutate(Chunks, random), new StringBuilder());
            }
            catch (IsolateProtocolException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(10_000);
    }

    static int Feed(ref ChunkedBody chunks, ReadOnlySpan<byte> bytes, StringBuilder into)
    {
        var at = 0;
        while (at < bytes.Length && !chunks.Done)
        {
            at += chunks.Take(bytes[at..], out var data);
            into.Append(Encoding.ASCII.GetString(bytes.Slice(at - data, data)));
        }

        return at;
    }

    static byte[] Mutate(string text, Random random)
    {
        var bytes = Encoding.ASCII.GetBytes(text).ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(3))
            {
                case 0:
                    bytes[at] = Interesting(random);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.Insert(at, Interesting(random));
                    break;
            }
        }

        return [.. bytes];
    }

    static byte Interesting(Random random) => random.Next(3) == 0 ? (byte)random.Next(256) : "\r\n :,;0aF\t\0+"u8[random.Next(12)];
}
