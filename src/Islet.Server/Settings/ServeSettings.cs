using System.Globalization;

namespace Islet.Server.Settings;

/// <summary>Everything that <c>islet serve</c> can be told.</summary>
static class ServeSettings
{
    public const string Data = "data";
    public const string Listen = "listen";
    public const string Domain = "domain";
    public const string Deno = "deno";
    public const string UnsafeNoJail = "unsafe-no-jail";
    public const string Roles = "roles";

    public static readonly Setting[] All =
    [
        new(Data, [], ".islet", "Data directory; made when it is not there"),
        new(Listen, [], "http://127.0.0.1:8000", "Address of the plain port: http://ADDRESS:PORT"),
        new(Domain, ["ControlPlane:Domain"], "localhost", "Suffix of deployment hosts"),
        new(Roles, [], "all", "Roles of this process; only 'all' so far", Only("all")),
        new(Deno, [], null, "Path of the Deno executable"),
        new("region", ["ControlPlane:Region", "Edge:Region", "Isolates:Region", "Logs:Region"], "gcp-us-east4", "Region label of this node, one of the published list"),
        new(UnsafeNoJail, ["Isolates:AllowNoJail"], "false", "Run programs without a jail where none can be made: only your own, only on loopback", Flag("Isolates:AllowNoJail")),
        new("warm-slots", ["Isolates:WarmSlots"], null, "Slots kept booted ahead of need"),
        new("max-isolates", ["Isolates:MaxIsolates"], null, "Isolates that may live at once"),
        new("memory-limit", ["Isolates:MemoryLimit"], null, "Memory of an isolate, such as 512MB", Bytes("Isolates:MemoryLimit")),
        new("boot-time-limit", ["Isolates:BootTimeLimit"], null, "How long a program may take until its server listens, such as 10s", Duration("Isolates:BootTimeLimit")),
        new("idle-timeout", ["Edge:IdleTimeout"], null, "An isolate without requests ends after this, such as 60s", Duration("Edge:IdleTimeout")),
        new("request-timeout", ["Edge:DefaultRequestTimeout"], null, "Time until an answer has to begin, such as 60s", Duration("Edge:DefaultRequestTimeout")),
        new("build-concurrency", ["Builds:Concurrency"], null, "Builds at once"),
        new("keep-unused-assets", ["ControlPlane:KeepUnusedAssets"], null, "How long uploaded contents stay known after the last deployment that has them, such as 720h", Duration("ControlPlane:KeepUnusedAssets")),
        new("npm-registry", ["Builds:NpmRegistry"], null, "Base URL for npm: specifiers"),
        new("jsr-registry", ["Builds:JsrRegistry"], null, "Base URL for jsr: specifiers"),
        new("module-hosts", ["Builds:ModuleHosts"], "*", "Hosts modules may come from, comma separated; * is every public host", List("Builds:ModuleHosts")),
    ];

    static Func<string, IEnumerable<KeyValuePair<string, string>>> Only(string value) =>
        text => text == value ? [] : throw new FormatException($"expected '{value}'");

    static Func<string, IEnumerable<KeyValuePair<string, string>>> Flag(string place) =>
        text => text is "true" or "1" or "false" or "0" or ""
            ? [new(place, text is "false" or "0" ? "false" : "true")]
            : throw new FormatException("expected true or false");

    static Func<string, IEnumerable<KeyValuePair<string, string>>> List(string place) =>
        text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select((item, index) => KeyValuePair.Create($"{place}:{index}", item));

    static Func<string, IEnumerable<KeyValuePair<string, string>>> Duration(string place) => text =>
    {
        (string Unit, double Seconds)[] units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];
        foreach (var (unit, seconds) in units)
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return [new(place, TimeSpan.FromSeconds(number * seconds).ToString("c", CultureInfo.InvariantCulture))];
        throw new FormatException("expected a duration such as 500ms, 10s, 2m or 1h");
    };

    static Func<string, IEnumerable<KeyValuePair<string, string>>> Bytes(string place) => text =>
    {
        (string Unit, long Size)[] units = [("KB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("", 1)];
        foreach (var (unit, size) in units)
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && long.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return [new(place, (number * size).ToString(CultureInfo.InvariantCulture))];
        throw new FormatException("expected a size such as 512MB");
    };
}
