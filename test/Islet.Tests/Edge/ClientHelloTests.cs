using System.Buffers;
using System.Buffers.Binary;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using Islet.Edge.Tls;

namespace Islet.Tests.Edge;

public sealed class ClientHelloTests
{
    [Theory]
    [InlineData("shop.example.com")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("")]
    public async Task A_real_hello_tells_its_name_and_keys(string name)
    {
        var hello = ClientHello.Read(new(await RealAsync(name)), out _);

        hello.ShouldNotBeNull();
        hello.Name.ShouldBe(name);
        hello.Ecdsa.ShouldBe([256, 384, 521]);
    }

    [Fact]
    public async Task One_that_is_cut_anywhere_is_waited_for()
    {
        var whole = await RealAsync("shop.example.com");
        for (var length = 0; length < whole.Length; length++)
        {
            ClientHello.Read(new(whole.AsMemory(0, length)), out var needed).ShouldBeNull();
            needed.ShouldBeInRange(length + 1, whole.Length);
        }
    }

    [Fact]
    public async Task One_in_several_records_is_the_same()
    {
        var body = (await RealAsync("shop.example.com"))[5..];
        for (var cut = 1; cut < body.Length; cut++)
        {
            byte[] records = [.. Record(body[..cut]), .. Record(body[cut..])];
            ClientHello.Read(new(records), out _).ShouldNotBeNull().Name.ShouldBe("shop.example.com");
        }
        ClientHello.Read(new([.. body.SelectMany(one => Record([one]))]), out var needed).ShouldBeNull("so many records are no hello");
        needed.ShouldBe(0);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\u0016\u0002\u0001\u0000\u0001\u0001")]
    [InlineData("\u0016\u0003\u0001\u0000\u0000")]
    [InlineData("\u0016\u0003\u0001\u00ff\u00ff")]
    [InlineData("\u0016\u0003\u0001\u0000\u0004\u0002\u0000\u0000\u0000")]
    [InlineData("\u0016\u0003\u0001\u0000\u0004\u0001\u00ff\u0000\u0000")]
    public void What_is_none_is_known_by_its_first_bytes(string bytes)
    {
        ClientHello.Read(new(Encoding.Latin1.GetBytes(bytes)), out var needed).ShouldBeNull();
        needed.ShouldBe(0);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(255, true)]
    [InlineData(256, false)]
    [InlineData(4000, false)]
    public void A_name_has_at_most_255_bytes(int length, bool isHello) =>
        (ClientHello.Read(new(Made(new string('a', length), [0x0403], [0x1301], speaks13: true)), out _)?.Name.Length == length).ShouldBe(isHello);

    [Theory]
    [InlineData(new[] { 0x0403 }, new[] { 0x1301 }, true, new[] { 256 })]
    [InlineData(new[] { 0x0503, 0x0603, 0x0804 }, new[] { 0x1301 }, true, new[] { 384, 521 })]
    [InlineData(new[] { 0x0804, 0x0401 }, new[] { 0x1301 }, true, new int[0])]
    [InlineData(new[] { 0x0403 }, new[] { 0xc02b }, false, new[] { 256 })]
    [InlineData(new[] { 0x0403 }, new[] { 0xc02f }, false, new int[0])] // its suites are for RSA
    [InlineData(new int[0], new[] { 0xc02b }, false, new int[0])]
    public void Keys_that_it_verifies(int[] schemes, int[] suites, bool speaks13, int[] ecdsa)
    {
        var hello = ClientHello.Read(new(Made("a", schemes, suites, speaks13)), out _).ShouldNotBeNull();

        hello.Ecdsa.ShouldBe(ecdsa);
        hello.Verifies(0).ShouldBeTrue();
    }

    [Fact]
    public async Task Mutated_ones_are_read_or_refused_and_nothing_else()
    {
        var (random, whole, read) = (new Random(4711), await RealAsync("shop.example.com"), 0);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = whole.ToArray();
            for (var changes = random.Next(1, 8); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (ClientHello.Read(new(bytes), out var needed) is { } hello)
            {
                hello.Name.Length.ShouldBeLessThanOrEqualTo(255);
                read++;
            }
            else
                (needed == 0 || needed > bytes.Length).ShouldBeTrue();
        }
        read.ShouldBeInRange(1_000, 19_999);
    }

    /// <summary>What .NET's client sends first.</summary>
    static async Task<byte[]> RealAsync(string name)
    {
        var wire = new FirstWrite();
        await using var client = new SslStream(wire);
        await Should.ThrowAsync<Exception>(() => client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            { TargetHost = name, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }));
        return wire.Written.ToArray();
    }

    static byte[] Made(string name, int[] schemes, int[] suites, bool speaks13)
    {
        byte[] serverName = [0, .. Vector(2, Encoding.Latin1.GetBytes(name))];
        byte[] extensions =
        [
            .. Extension(0, Vector(2, serverName)),
            .. Extension(13, Vector(2, Numbers(schemes))),
            .. speaks13 ? Extension(43, Vector(1, Numbers([0x0304, 0x0303]))) : [],
        ];
        byte[] message = [3, 3, .. new byte[32], 0, .. Vector(2, Numbers(suites)), 1, 0, .. Vector(2, extensions)];
        return Record([1, .. Vector(3, message)]);
    }

    static byte[] Record(byte[] part) => [22, 3, 1, .. Vector(2, part)];

    static byte[] Extension(int type, byte[] data) => [.. Numbers([type]), .. Vector(2, data)];

    static byte[] Numbers(int[] numbers) => [.. numbers.SelectMany(number => new[] { (byte)(number >> 8), (byte)number })];

    static byte[] Vector(int lengthBytes, byte[] data)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        return [.. length[(4 - lengthBytes)..], .. data];
    }

    sealed class FirstWrite : MemoryStream
    {
        public MemoryStream Written { get; } = new();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => Written.WriteAsync(buffer, cancellationToken);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(0);
    }
}
