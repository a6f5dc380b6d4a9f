using System.Net;
using Islet.ControlPlane.Storage;
using Islet.Edge.Tls;
using Islet.Isolates.Jailing;

namespace Islet.Server.Settings;

/// <summary>The settings of this start, after command line, environment and <c>islet.json</c> were laid over one another.</summary>
sealed class ServerSettings
{
    readonly Dictionary<string, (string Value, string From)> values = new(StringComparer.Ordinal);
    readonly Dictionary<string, string?> forRooms = new(StringComparer.Ordinal);

    ServerSettings()
    {
    }

    /// <summary>Absolute.</summary>
    public string DataDirectory => Path.GetFullPath(values[ServeSettings.Data].Value);

    /// <summary>The same, as its operator knows it; this process may have been given another path to it.</summary>
    public string KnownDataDirectory => Environment.GetEnvironmentVariable(JailerProcess.DataVariable) ?? DataDirectory;

    /// <summary>Absolute; null: the data directory.</summary>
    public string? SharedDirectory => forRooms.GetValueOrDefault("Islet:ControlPlane:SharedDirectory");

    /// <summary>As it was written, with its password; null: SQLite.</summary>
    public string? Database => values.TryGetValue(ServeSettings.Database, out var database) ? database.Value : null;

    public string Domain => values[ServeSettings.Domain].Value;

    public IPEndPoint Listen { get; private set; } = new(IPAddress.Loopback, 8000);

    /// <summary>Null: no port for TLS.</summary>
    public IPEndPoint? TlsListen { get; private set; }

    /// <summary>All that visitors may come by, the plain one first.</summary>
    public IEnumerable<(IPEndPoint EndPoint, string Url)> EndPoints =>
        TlsListen is null ? [(Listen, $"http://{Listen}")] : [(Listen, $"http://{Listen}"), (TlsListen, $"https://{TlsListen}")];

    /// <summary>Where clients reach the platform: by TLS at its domain if the operator's certificate is for it.</summary>
    public string PublicUrl(OperatorCertificate certificate) =>
        TlsListen is not null && certificate.Covers(Domain)
            ? TlsListen.Port == 443 ? $"https://{Domain}" : $"https://{Domain}:{TlsListen.Port}"
            : $"http://{Listen}";

    public string? Deno => values.TryGetValue(ServeSettings.Deno, out var deno) ? deno.Value : null;

    /// <summary>Whether jails are made in the server's own process.</summary>
    public bool SingleProcess => values[ServeSettings.SingleProcess].Value is "true" or "1";

    /// <summary>Walls that this start leaves out, as they were written; empty: none.</summary>
    public string WithoutWalls => values.TryGetValue(ServeSettings.WithoutWalls, out var walls) ? walls.Value : "";

    /// <summary>The same, as the rooms bind it: keys under <c>Islet:</c>.</summary>
    public IReadOnlyDictionary<string, string?> ForRooms => forRooms;

    /// <summary>What holds and who said so, in the order of <see cref="ServeSettings.All"/>, without passwords.</summary>
    public IEnumerable<(string Name, string Value, string From)> Told =>
        from setting in ServeSettings.All
        where values.ContainsKey(setting.Name)
        let value = setting.Name == ServeSettings.Database ? PostgresAddress.WithoutPassword(forRooms["Islet:ControlPlane:Database"]!) : values[setting.Name].Value
        select (setting.Name, value, values[setting.Name].From);

    /// <param name="commandLine">Gives the text of an option, or null.</param>
    /// <exception cref="FormatException">A value cannot be used; the message names it and says what is expected.</exception>
    public static ServerSettings Read(Func<string, string?> commandLine)
    {
        var file = SettingsFile.Read();
        var settings = new ServerSettings();
        foreach (var setting in ServeSettings.All)
        {
            if (commandLine(setting.Name) is { } option)
                settings.Take(setting, option, "--" + setting.Name);
            else if (Environment.GetEnvironmentVariable(setting.Variable) is { Length: > 0 } variable)
                settings.Take(setting, variable, setting.Variable);
            else if (file.TryGetValue(setting.Member, out var member))
                settings.Take(setting, member, SettingsFile.Name);
            else if (setting.Default is not null)
                settings.Take(setting, setting.Default, "default");
        }
        settings.CheckTogether();
        return settings;
    }

    void CheckTogether()
    {
        var outside = EndPoints.FirstOrDefault(own => !IPAddress.IsLoopback(own.EndPoint.Address)).Url;
        if (values[ServeSettings.UnsafeNoJail].Value is not ("false" or "0") && outside is not null)
            throw new FormatException($"--{ServeSettings.UnsafeNoJail} works on a loopback address only, and there is {outside}");
        if (SharedDirectory is not null && Database is null)
            throw new FormatException($"--{ServeSettings.Shared} is for nodes that share a database: name it by --{ServeSettings.Database}");
        if (WithoutWalls.Length > 0 && outside is not null && HasWayOut())
            throw new FormatException($"--{ServeSettings.WithoutWalls} works on a loopback address or in a network without a default route only, and there is {outside}");
        if (Listen.Equals(TlsListen))
            throw new FormatException($"--{ServeSettings.TlsListen} and --{ServeSettings.Listen} have the same address: choose two ports");
        if (values.ContainsKey(ServeSettings.TlsCertificate) != values.ContainsKey(ServeSettings.TlsKey))
            throw new FormatException($"--{ServeSettings.TlsCertificate} and --{ServeSettings.TlsKey} belong together: give both");
        if (values.ContainsKey(ServeSettings.TlsCertificate) && TlsListen is null)
            throw new FormatException($"--{ServeSettings.TlsCertificate} is for the port that --{ServeSettings.TlsListen} opens: give that too");
    }

    // proc_pid_net(5): a default route goes to no destination in particular; IPv6 has one that refuses on lo.
    static bool HasWayOut() =>
        File.ReadLines("/proc/self/net/route").Any(line => line.Split('\t') is [_, "00000000", ..])
        || (File.Exists("/proc/self/net/ipv6_route")
            && File.ReadLines("/proc/self/net/ipv6_route").Any(line => line.StartsWith(new string('0', 32) + " 00 ", StringComparison.Ordinal) && !line.EndsWith(" lo", StringComparison.Ordinal)));

    void Take(Setting setting, string value, string from)
    {
        if (setting.IsPath && value.Length > 0)
            value = Path.GetFullPath(value);
        try
        {
            foreach (var (place, bound) in setting.Read?.Invoke(value) ?? [])
                forRooms["Islet:" + place] = bound;
            if (setting.Name == ServeSettings.Listen)
                Listen = ParseListen(value, Uri.UriSchemeHttp);
            else if (setting.Name == ServeSettings.TlsListen)
                TlsListen = ParseListen(value, Uri.UriSchemeHttps);
            else if (value.Length == 0)
                throw new FormatException("expected a value");
        }
        catch (FormatException exception)
        {
            var place = from == SettingsFile.Name ? $"{setting.Member} of {SettingsFile.Name}" : from;
            throw new FormatException(setting.Name == ServeSettings.Database ? $"{place}: {exception.Message}" : $"{place} is '{value}': {exception.Message}", exception);
        }
        values[setting.Name] = (value, from);
    }

    static IPEndPoint ParseListen(string text, string scheme)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == scheme && url.PathAndQuery == "/" && url.Port > 0)
        {
            if (url.Host == "localhost")
                return new(IPAddress.Loopback, url.Port);
            if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address))
                return new(address, url.Port);
        }
        throw new FormatException($"expected {scheme}://ADDRESS:PORT");
    }
}
