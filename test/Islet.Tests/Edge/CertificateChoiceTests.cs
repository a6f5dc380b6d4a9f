using System.Collections.Frozen;
using System.Security.Cryptography.X509Certificates;
using Islet.Contracts;
using Islet.Edge.Tls;
using Islet.Tests.Api;
using Microsoft.Extensions.Logging.Abstractions;

namespace Islet.Tests.Edge;

/// <summary>Which certificate a name gets, from real ones: each is called by the name in it.</summary>
public sealed class CertificateChoiceTests : ICertificateSource, IDisposable
{
    static readonly DateTimeOffset Valid = DateTimeOffset.UtcNow.AddDays(20);
    static readonly DateTimeOffset Expired = DateTimeOffset.UtcNow.AddDays(-1);

    readonly DirectoryInfo files = Directory.CreateTempSubdirectory("certificates-");
    readonly Dictionary<string, StoredCertificate[]> names = new(StringComparer.Ordinal);

    public CertificateSnapshot Current => new(names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));

    public void Dispose() => files.Delete(recursive: true);

    [Theory]
    [InlineData("a.example.com", "a.example.com")]
    [InlineData("A.Example.COM", "a.example.com")]
    [InlineData("a.example.com.", "a.example.com")]
    [InlineData("b.example.com", "*.example.com")]
    [InlineData("B.EXAMPLE.com.", "*.example.com")]
    [InlineData("_x.example.com", "*.example.com")]
    [InlineData("example.com", "*.islet.test")]
    [InlineData("b.a.example.com", "*.islet.test")]
    [InlineData(".example.com", "*.islet.test")]
    [InlineData("*.example.com", "*.islet.test")]
    [InlineData("a.example.com..", "*.islet.test")]
    [InlineData("b.example.comx", "*.islet.test")]
    [InlineData("com", "*.islet.test")]
    [InlineData(".", "*.islet.test")]
    [InlineData("", "*.islet.test")]
    [InlineData("\0\u00ff\r\n", "*.islet.test")]
    [InlineData("islet.test", "*.islet.test")] // though *.test is somebody's
    [InlineData("a.islet.test", "*.islet.test")]
    [InlineData("ISLET.test.", "*.islet.test")]
    [InlineData("islet.test.evil.com", "*.islet.test")]
    [InlineData("notislet.test", "*.test")]
    public void Name_then_wildcard_then_the_operators(string asked, string got)
    {
        Add("a.example.com", Valid);
        Add("*.example.com", Valid);
        Add("*.test", Valid);
        Add("*.islet.test", Valid);
        NameOf(Operators("*.islet.test", "a.example.com"), asked).ShouldBe(got);
    }

    [Theory]
    [InlineData("a.example.com", "a.example.com")]
    [InlineData("b.example.com", null)]
    [InlineData("a.islet.test", null)]
    [InlineData("", null)]
    public void Without_the_operators_there_is_none_for_other_names(string asked, string? got)
    {
        Add("a.example.com", Valid);
        NameOf(Operators(), asked).ShouldBe(got);
    }

    [Fact]
    public void A_valid_one_goes_before_one_that_expired()
    {
        Add("a.example.com", Expired);
        NameOf(Operators("*.islet.test"), "a.example.com").ShouldBe("a.example.com", "better than that of another name");
        Add("*.example.com", Valid);
        NameOf(Operators("*.islet.test"), "a.example.com").ShouldBe("*.example.com");
        names.Remove("*.example.com");
        NameOf(Operators("a.example.com", "*.islet.test"), "a.example.com").ShouldBe("operator");
    }

    [Fact]
    public void The_newest_that_the_visitor_can_verify()
    {
        names["a.example.com"] = [Stored("a.example.com", Valid), Stored("a.example.com", Valid, rsa: true)]; // P-384
        BitsFor([256, 384, 521]).ShouldBe(384);
        BitsFor([256]).ShouldBe(0);
        BitsFor([]).ShouldBe(0);
        names["a.example.com"] = [.. names["a.example.com"].Reverse()];
        BitsFor([256, 384, 521]).ShouldBe(0);

        int BitsFor(int[] ecdsa) => Operators().For(new("a.example.com", ecdsa)).ShouldNotBeNull().EcdsaBits;
    }

    [Fact]
    public void One_that_cannot_be_opened_is_passed_over_and_tried_once()
    {
        var tries = 0;
        names["a.example.com"] = [new(Valid, Valid, () => { tries++; return null; }), Stored("a.example.com", Valid)];
        var choose = Operators();
        NameOf(choose, "a.example.com").ShouldBe("a.example.com");
        choose.For(new("a.example.com", [384])).ShouldBeSameAs(choose.For(new("a.example.com", [384])));
        tries.ShouldBe(1);
    }

    void Add(string name, DateTimeOffset until) => names[name] = [Stored(name, until)];

    static StoredCertificate Stored(string name, DateTimeOffset until, bool rsa = false) => new(until, Valid, () =>
    {
        var made = TestCertificates.Make(name, rsa);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(made.Chain);
        chain.RemoveAt(0);
        return new(X509Certificate2.CreateFromPem(made.Chain, made.PrivateKey), chain);
    });

    /// <summary>With the operator's for the first of these names, else without.</summary>
    ChooseCertificate Operators(params string[] of)
    {
        var options = new EdgeTlsOptions { Domain = "islet.test" };
        if (of is [var name, ..])
        {
            (options.CertificateFile, options.KeyFile) = (Path.Combine(files.FullName, "cert.pem"), Path.Combine(files.FullName, "key.pem"));
            var made = TestCertificates.Make(name);
            File.WriteAllText(options.CertificateFile, made.Chain);
            File.WriteAllText(options.KeyFile, made.PrivateKey);
        }
        operators = new OperatorCertificate(options, TimeProvider.System, NullLogger<OperatorCertificate>.Instance);
        return new(this, operators, options, TimeProvider.System);
    }

    OperatorCertificate operators = null!;

    string? NameOf(ChooseCertificate choose, string asked)
    {
        if (choose.For(new(asked, [256, 384, 521])) is not { } found)
            return null;
        var name = found.Context.TargetCertificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames().Single();
        return ReferenceEquals(found, operators.Current) && name != "*.islet.test" ? "operator" : name;
    }
}
