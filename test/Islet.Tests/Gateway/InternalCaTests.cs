using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Islet.Gateway.Tls;
using Islet.Tests.Edge;

namespace Islet.Tests.Gateway;

public sealed class InternalCaTests : IDisposable
{
    static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    readonly string directory = Directory.CreateTempSubdirectory("ca-").FullName;

    string Keys => Path.Combine(directory, "keys");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void The_key_is_its_owners_alone_and_outlives_the_server()
    {
        using var made = InternalCa.Open(Keys, TimeProvider.System);
        using var again = InternalCa.Open(Keys, TimeProvider.System);

        again.CertificatePem.ShouldBe(made.CertificatePem);
        made.CertificatePem.ShouldNotContain("PRIVATE");
        File.GetUnixFileMode(Keys).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(Directory.GetFiles(Keys).ShouldHaveSingleItem()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void It_is_made_anew_at_a_start_with_less_than_30_days_left()
    {
        using var made = InternalCa.Open(Keys, new At(Start));
        using var kept = InternalCa.Open(Keys, new At(Start.AddDays(3650 - 31)));
        using var anew = InternalCa.Open(Keys, new At(Start.AddDays(3650 - 29)));

        kept.CertificatePem.ShouldBe(made.CertificatePem);
        anew.CertificatePem.ShouldNotBe(made.CertificatePem);
        anew.CertificateFor("a.example").ShouldNotBeNull();
    }

    [Fact]
    public void A_damaged_file_is_named()
    {
        InternalCa.Open(Keys, TimeProvider.System).Dispose();
        var file = Directory.GetFiles(Keys).Single();
        File.WriteAllText(file, "no key");

        Should.Throw<InvalidDataException>(() => InternalCa.Open(Keys, TimeProvider.System)).Message.ShouldContain(file);
    }

    [Fact]
    public void A_host_keeps_its_certificate_until_its_last_day()
    {
        var clock = new At(Start);
        using var ca = InternalCa.Open(Keys, clock);
        var first = ca.CertificateFor("A.Example.")!.TargetCertificate;

        ca.CertificateFor("a.example")!.TargetCertificate.ShouldBeSameAs(first);
        first.MatchesHostname("a.example", allowCommonName: false).ShouldBeTrue();
        first.MatchesHostname("b.example", allowCommonName: false).ShouldBeFalse();
        (first.NotAfter.ToUniversalTime() - Start.UtcDateTime).ShouldBe(TimeSpan.FromDays(7));
        clock.Now = Start.AddDays(6.5);
        ca.CertificateFor("a.example")!.TargetCertificate.SerialNumber.ShouldNotBe(first.SerialNumber);
        ca.CertificateFor("192.0.2.1")!.TargetCertificate.MatchesHostname("192.0.2.1").ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("*.example")]
    [InlineData("a..example")]
    [InlineData("a b")]
    [InlineData("a\0.example")]
    [InlineData("ä.example")]
    public void What_is_no_host_gets_none(string host)
    {
        using var ca = InternalCa.Open(Keys, TimeProvider.System);
        ca.CertificateFor(host).ShouldBeNull();
        ca.CertificateFor(new string('a', 64) + ".example").ShouldBeNull();
    }

    [Fact]
    public void Names_without_end_do_not_fill_the_memory()
    {
        using var ca = InternalCa.Open(Keys, TimeProvider.System);
        using var authority = X509Certificate2.CreateFromPemFile(Directory.GetFiles(Keys).Single());
        var leaves = new LeafCertificates(authority, TimeProvider.System, mostKept: 4);
        for (var i = 0; i < 10; i++)
            leaves.For($"h{i}.example").ShouldNotBeNull();

        leaves.Count.ShouldBeLessThanOrEqualTo(4);
    }

    [Fact]
    public async Task Deno_believes_it_when_told_by_DENO_CERT_and_else_not()
    {
        using var ca = InternalCa.Open(Keys, TimeProvider.System);
        var pem = Path.Combine(directory, "ca.pem");
        await File.WriteAllTextAsync(pem, ca.CertificatePem);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = AnswerAsync(listener, ca);
        var address = $"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/";

        (await FetchAsync(address, pem)).ShouldStartWith("hello");
        (await FetchAsync(address, null)).ShouldContain("UnknownIssuer");
    }

    static async Task AnswerAsync(TcpListener listener, InternalCa ca)
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return; // the test is over
            }

            using (client)
            await using (var stream = new SslStream(client.GetStream()))
            {
                try
                {
                    await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = ca.CertificateFor("localhost") });
                    using var head = new StreamReader(stream, leaveOpen: true);
                    while (await head.ReadLineAsync() is { Length: > 0 })
                    {
                    }

                    await stream.WriteAsync("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello"u8.ToArray());
                    await stream.ShutdownAsync();
                }
                catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
                {
                    // a client that does not believe it hangs up
                }
            }
        }
    }

    async Task<string> FetchAsync(string address, string? certificate)
    {
        var start = new ProcessStartInfo(DenoIsolate.Executable())
        {
            ArgumentList = { "eval", $"try {{ console.log(await (await fetch('{address}')).text()) }} catch (e) {{ console.log(String(e), String(e.cause)) }}" },
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = directory,
        };
        start.Environment["DENO_DIR"] = Path.Combine(directory, "deno");
        start.Environment["DENO_NO_UPDATE_CHECK"] = "1";
        start.Environment.Remove("DENO_CERT");
        if (certificate is not null)
            start.Environment["DENO_CERT"] = certificate;
        using var deno = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            return await deno.StandardOutput.ReadToEndAsync(limit.Token);
        }
        finally
        {
            deno.Kill();
            await deno.WaitForExitAsync();
        }
    }

    sealed class At(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
