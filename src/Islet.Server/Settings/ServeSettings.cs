using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Logs;
using Islet.Isolates.Sandbox;
using static Islet.Server.Settings.SettingValues;

namespace Islet.Server.Settings;

/// <summary>Everything that <c>islet serve</c> can be told. docs/configuration.md shows the same table.</summary>
static class ServeSettings
{
    public const string Data = "data";
    public const string Database = "database";
    public const string Shared = "shared";
    public const string Listen = "listen";
    public const string TlsListen = "tls-listen";
    public const string TlsCertificate = "tls-certificate";
    public const string TlsKey = "tls-key";
    public const string Domain = "domain";
    public const string Deno = "deno";
    public const string UnsafeNoJail = "unsafe-no-jail";
    public const string SingleProcess = "single-process";

    public const string WithoutWalls = "without-walls";

    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    public static readonly Setting[] All =
    [
        new(Data, ".islet", "Data directory; made when it is not there"),
        new(Database, null, "PostgreSQL database that nodes share: postgres://USER:PASSWORD@HOST:PORT/NAME, or Npgsql's own form; else a SQLite file in the data directory", Postgres("ControlPlane:Database")),
        new(Shared, null, "Directory that all nodes of one database share, for blobs and the key of secrets; else the data directory", Directory("ControlPlane:SharedDirectory")),
        new(Listen, "http://127.0.0.1:8000", "Address of the plain port: http://ADDRESS:PORT"),
        new(TlsListen, null, "Address of the port for TLS: https://ADDRESS:PORT; else there is none"),
        new(TlsCertificate, null, "PEM file with the certificate for the domain, its wildcard and whatever has none of its own, then its issuers'; read again when it changes", Text("Edge:Tls:CertificateFile")) { IsPath = true },
        new(TlsKey, null, "PEM file with its key, readable by the server's user", Text("Edge:Tls:KeyFile")) { IsPath = true },
        new(Domain, "localhost", "Suffix of deployment hosts", Host("ControlPlane:Domain")),
        new("roles", "all", "Roles of this process; only 'all' so far", Only("all")),
        new(Deno, null, "Path of the Deno executable; else .tools/deno at or above the server's folder, else on the PATH"),
        new("region", Regions.Default, "Region label of this node, one of the published list", OneOf(Regions.All, "ControlPlane:Region", "Edge:Region", "Isolates:Region", "Logs:Region")),
        new(UnsafeNoJail, "false", "Run programs without a jail where none can be made: only your own, only on loopback", Flag("Isolates:AllowNoJail")),
        new(SingleProcess, "false", "Make jails in the server's own process, which then keeps all its rights: for debugging", Flag("SingleProcess")),
        new(WithoutWalls, null, "Walls of the jail to leave out, comma separated, for the self test only: not where others can reach the server", Several(Walls.All, "Isolates:WithoutWalls")),
        new("warm-slots", "2", "Slots kept booted ahead of need", Whole("Isolates:WarmSlots", 0, 100)),
        new("max-isolates", "200", "Isolates that may live at once", Whole("Isolates:MaxIsolates", 1, 4000)),
        new("memory-limit", "512MB", "Memory of an isolate", Bytes("Isolates:MemoryLimit", 64L << 20, 64L << 30)),
        new("boot-time-limit", "10s", "How long a program may take until its server listens", Duration("Isolates:BootTimeLimit", Moment, TimeSpan.FromHours(1))),
        new("idle-timeout", "60s", "An isolate without requests ends after this", Duration("Edge:IdleTimeout", Moment, TimeSpan.FromDays(1))),
        new("request-timeout", "60s", "Time until an answer has to begin", Duration("Edge:DefaultRequestTimeout", Moment, TimeSpan.FromDays(1))),
        new("build-concurrency", "2", "Builds at once", Whole("Builds:Concurrency", 1, 64)),
        new("domain-verification", DomainsOptions.VerifyByDns, "How custom domains are verified: dns asks for the records of the domain, trust takes the word of whoever asks first, where all tenants are trusted", OneOf(new HashSet<string>(StringComparer.Ordinal) { DomainsOptions.VerifyByDns, DomainsOptions.Trust }, "Domains:Verification")),
        new("certificate-issuer", DomainsOptions.NoIssuer, "Who issues certificates of custom domains: none, or internal, the installation's own authority in keys/domains-ca.pem", OneOf(new HashSet<string>(StringComparer.Ordinal) { DomainsOptions.NoIssuer, DomainsOptions.InternalIssuer }, "Domains:Issuer")),
        new("public-addresses", null, "Addresses that custom domains shall lead to, comma separated; when given, verification asks for them", Addresses("Domains:PublicAddresses")),
        new("backup-endpoints", "https://s3.{region}.amazonaws.com,https://storage.googleapis.com", "S3 endpoints that database backups may go to, comma separated; {region} is the bucket's region", List("Backups:Endpoints")),
        new("build-lease", "30s", "A node that is silent for so long loses its builds and backups to others", Duration("Builds:Lease", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
        new("cron-time-limit", "1h", "How long one try of a cron may take", Duration("Crons:TimeLimit", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
        new("keep-unused-assets", "720h", "How long uploaded contents stay known after the last deployment that has them", Duration("ControlPlane:KeepUnusedAssets", TimeSpan.Zero, TimeSpan.FromDays(365))),
        new("keep-audit", "8760h", "How long lines of the audit log are kept", Duration("ControlPlane:KeepAudit", TimeSpan.FromHours(1), TimeSpan.FromDays(365))),
        new("kv-rate", "16MB", "What calls of one KV database read and write in a second on this node; who is beyond waits", Bytes("Kv:BytesPerSecond", 1L << 20, 4L << 30)),
        new("calls-of-token", "100", "API calls a second by one token; ten seconds' worth at once, 0 is no limit", Whole("Api:CallsOfToken", 0, 1_000_000)),
        new("calls-of-organization", "300", "The same by all tokens of one organization", Whole("Api:CallsOfOrganization", 0, 1_000_000)),
        new("calls-of-address", "300", "The same from one address, with or without a token", Whole("Api:CallsOfAddress", 0, 1_000_000)),
        new("smtp", null, "Mail server for invitations, smtp://HOST:PORT or smtps://HOST:PORT; else nothing is mailed", MailServer("Mail:Smtp")),
        new("smtp-from", null, "Sender of mail; else islet@ and the domain", MailAddress("Mail:SmtpFrom")),
        new("smtp-user", null, "Name to sign in with at the mail server", Text("Mail:SmtpUser")),
        new("smtp-password-file", null, "File whose first line is the password for it", Text("Mail:SmtpPasswordFile")) { IsPath = true },
        new("npm-registry", null, "Base URL for npm: specifiers; else Deno's own", Url("Builds:NpmRegistry")),
        new("jsr-registry", null, "Base URL for jsr: specifiers; else Deno's own", Url("Builds:JsrRegistry")),
        new("dns-servers", null, "DNS servers that programs' names are asked of, comma separated; else those of /etc/resolv.conf", List("Gateway:DnsServers")),
        new("platform-addresses", null, "Addresses this installation is reached under and no interface here has, comma separated; programs never connect to them", List("Gateway:PlatformAddresses")),
        new("upstream-ca-file", null, "PEM file of further authorities believed when the gateway speaks TLS for a secret", Text("Gateway:Tls:UpstreamCaFile")) { IsPath = true },
        new("module-hosts", "*", "Hosts modules may come from, comma separated; * is every public host by https", List("Builds:ModuleHosts")),
    ];
}
