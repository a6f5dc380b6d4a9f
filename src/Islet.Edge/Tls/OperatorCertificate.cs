using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Islet.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.Edge.Tls;

/// <summary>
/// The operator's certificate: two files, looked at each second, since what renews them writes when it likes. Two that do not
/// match are halfway through a renewal, or a mistake: the present certificate stays and it is told once.
/// </summary>
public sealed partial class OperatorCertificate : BackgroundService
{
    const int MostBytes = 1 << 20;

    static readonly TimeSpan LookEach = TimeSpan.FromSeconds(1);

    readonly EdgeTlsOptions options;
    readonly TimeProvider time;
    readonly ILogger<OperatorCertificate> log;

    ServerCertificate? current;

    /// <summary>Of what was looked at last, used or not; the loop's.</summary>
    byte[] seen = [];

    /// <exception cref="FormatException">The files cannot be read by this user, are no PEM, or do not match; the message is one line for the operator.</exception>
    public OperatorCertificate(EdgeTlsOptions options, TimeProvider time, ILogger<OperatorCertificate> log)
    {
        (this.options, this.time, this.log) = (options, time, log);
        if (options.CertificateFile is null || options.KeyFile is null)
            return;
        var (certificate, key) = (ReadFile("--tls-certificate", options.CertificateFile), ReadFile("--tls-key", options.KeyFile));
        (current, seen) = (Make(certificate, key), HashOf(certificate, key));
    }

    /// <summary>Null: there is none. A volatile read.</summary>
    public ServerCertificate? Current => Volatile.Read(ref current);

    /// <summary>Whether it is for this name, whatever a visitor calls a name.</summary>
    public bool Covers(string name) => Current is { } present && Uri.CheckHostName(name) == UriHostNameType.Dns
        && present.Context.TargetCertificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (current is null)
            return;
        using var timer = new PeriodicTimer(LookEach, time);
        try
        {
            for (string? told = null; await timer.WaitForNextTickAsync(stoppingToken);)
                told = Look(told);
        }
        catch (OperationCanceledException)
        {
            // the server ends
        }
    }

    /// <summary>Gives the problem there is, after it was told.</summary>
    string? Look(string? told)
    {
        try
        {
            var (certificate, key) = (ReadFile("--tls-certificate", options.CertificateFile!), ReadFile("--tls-key", options.KeyFile!));
            var hash = HashOf(certificate, key);
            if (hash.AsSpan().SequenceEqual(seen))
                return told;
            seen = hash;
            var made = Make(certificate, key);
            Volatile.Write(ref current, made);
            Log.Renewed(log, made.ExpiresAt);
            return null;
        }
        catch (FormatException problem)
        {
            if (problem.Message != told)
                Log.NotRenewed(log, problem.Message);
            return problem.Message;
        }
    }

    ServerCertificate Make(string certificate, string key)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            if (chain.Count == 0)
                throw new FormatException($"--tls-certificate is '{options.CertificateFile}': expected a PEM file with a certificate, followed by its issuers'");
            chain.RemoveAt(0);
            return new(X509Certificate2.CreateFromPem(certificate, key), chain);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new FormatException(
                $"--tls-key is '{options.KeyFile}': expected the RSA or ECDSA key, in PEM and not encrypted, of the first certificate in {options.CertificateFile}", exception);
        }
    }

    static string ReadFile(string setting, string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MostBytes)
                throw new FormatException($"{setting} is '{path}': expected a PEM file, and it has {file.Length} bytes");
            using var reader = new StreamReader(file, Encoding.Latin1);
            return reader.ReadToEnd();
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new FormatException(
                Directory.Exists(path) ? $"{setting} is '{path}': expected a file" : $"{setting} is '{path}': it cannot be read by the server's user, which has the id {OwnId()}", exception);
        }
        catch (FileNotFoundException exception)
        {
            throw new FormatException($"{setting} is '{path}': there is no such file", exception);
        }
        catch (IOException exception)
        {
            throw new FormatException($"{setting} is '{path}': {exception.Message}", exception);
        }
    }

    // proc_pid_status(5): real, effective, saved and file system user id
    static string OwnId() =>
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2];

    static byte[] HashOf(string certificate, string key) => SHA256.HashData(Encoding.Latin1.GetBytes($"{certificate}\0{key}"));

    static partial class Log
    {
        [LoggerMessage(2010, LogLevel.Information, "The operator's certificate was read again; it is valid until {ExpiresAt}")]
        public static partial void Renewed(ILogger log, DateTimeOffset expiresAt);

        [LoggerMessage(2011, LogLevel.Warning, "The operator's certificate changed and cannot be used, the one before stays: {Problem}")]
        public static partial void NotRenewed(ILogger log, string problem);
    }
}
