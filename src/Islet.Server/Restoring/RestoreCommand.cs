using System.CommandLine;
using System.Globalization;
using Islet.Contracts;
using Islet.ControlPlane.Storage;
using Islet.Kv;
using Islet.Kv.Backups;
using Islet.Server.Settings;

namespace Islet.Server.Restoring;

/// <summary><c>islet kv restore</c>: a database's backup into a database that was never used.</summary>
static class RestoreCommand
{
    const string KeyVariable = "AWS_ACCESS_KEY_ID";
    const string SecretVariable = "AWS_SECRET_ACCESS_KEY";

    public static Command Make()
    {
        var data = new Option<string>("--" + ServeSettings.Data) { Description = "Data directory of the server", Required = true };
        var database = new Option<Guid>("--database") { Description = "Id of a database that was never used: make one by the API", Required = true };
        var postgres = new Option<string?>("--postgres") { Description = "The server's PostgreSQL, where it has one, as serve's --database; else ISLET_DATABASE" };
        var endpoint = new Option<string>("--endpoint") { Description = "URL of the S3 server", Required = true };
        var bucket = new Option<string>("--bucket") { Description = "Name of the bucket", Required = true };
        var region = new Option<string>("--region") { Description = "Region of the bucket", DefaultValueFactory = _ => "us-east-1" };
        var prefix = new Option<string>("--prefix") { Description = "As it was given when the backup was enabled", DefaultValueFactory = _ => "" };
        var until = new Option<string?>("--until") { Description = "Last moment that is wanted, such as 2026-01-31T12:00:00Z; else all" };
        var restore = new Command("restore", $"Write a backup into a new database; credentials are those in {KeyVariable} and {SecretVariable}")
        {
            data, database, postgres, endpoint, bucket, region, prefix, until,
        };
        restore.SetAction(async (parsed, cancellation) =>
        {
            var target = parsed.GetValue(database);
            try
            {
                var backup = new KvBackup(
                    target, target, Url(parsed.GetValue(endpoint)!), parsed.GetValue(bucket)!, parsed.GetValue(region)!,
                    Variable(KeyVariable), Variable(SecretVariable), parsed.GetValue(prefix)!, WasActive: true);
                var place = new KvOptions { Directory = Path.Combine(parsed.GetValue(data)!, "kv"), Postgres = Postgres(parsed.GetValue(postgres)) };
                if (place.Postgres is null && !Directory.Exists(place.Directory))
                    throw new IOException($"{place.Directory} is not there: start the server once, or name its PostgreSQL by --postgres");
                var restored = await RestoreDatabase.RunAsync(place, backup, Moment(parsed.GetValue(until)), cancellation);
                await Console.Out.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"restored {restored.Entries} entries at versionstamp {restored.Version}{(restored.At is { } at ? $", {at:O}" : "")}"));
                return 0;
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or FormatException)
            {
                await Console.Error.WriteLineAsync("islet: " + problem.Message.ReplaceLineEndings(" "));
                return problem is FormatException ? ExitCode.BadSetting : ExitCode.Unavailable;
            }
        });
        return new Command("kv", "KV databases") { restore };
    }

    static string Url(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
        ? text
        : throw new FormatException($"--endpoint is '{text}': expected a URL");

    /// <summary>Settings are those of the server, but that its option is taken here.</summary>
    static string? Postgres(string? option)
    {
        var setting = ServeSettings.All.Single(setting => setting.Name == ServeSettings.Database);
        var text = option is { Length: > 0 } ? option
            : Environment.GetEnvironmentVariable(setting.Variable) is { Length: > 0 } variable ? variable
            : SettingsFile.Read().GetValueOrDefault(setting.Member);
        return text is null ? null : PostgresAddress.Parse(text);
    }

    static string Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new FormatException($"Set {name}");

    static DateTimeOffset? Moment(string? text) => text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment
        : throw new FormatException($"--until is '{text}': expected a time such as 2026-01-31T12:00:00Z");
}
