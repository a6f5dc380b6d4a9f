using System.Net;
using System.Text.Json;

namespace Islet.Server.Settings;

/// <summary>The settings of this start, after command line, environment and <c>islet.json</c> were laid over one another.</summary>
sealed class ServerSettings
{
    readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    ServerSettings()
    {
    }

    public string DataDirectory => Path.GetFullPath(values[ServeSettings.Data]);

    public string Domain => values[ServeSettings.Domain];

    public IPEndPoint Listen { get; private set; } = new(IPAddress.Loopback, 8000);

    public string? Deno => values.GetValueOrDefault(ServeSettings.Deno);

    /// <exception cref="FormatException">A value cannot be used; the message names it and says what is expected.</exception>
    public static ServerSettings Read(Func<string, string?> commandLine)
    {
        var file = ReadFile();
        var settings = new ServerSettings();
        foreach (var setting in ServeSettings.All)
        {
            var value = commandLine(setting.Name)
                ?? Environment.GetEnvironmentVariable(setting.Variable)
                ?? file.GetValueOrDefault(setting.Member)
                ?? setting.Default;
            if (value is not null)
                settings.values[setting.Name] = value;
        }
        settings.Listen = ParseListen(settings.values[ServeSettings.Listen]);
        if (settings.values[ServeSettings.UnsafeNoJail] is not ("false" or "0") && !IPAddress.IsLoopback(settings.Listen.Address))
            throw new FormatException($"--{ServeSettings.UnsafeNoJail} works on a loopback address only, and --listen is http://{settings.Listen}");
        return settings;
    }

    /// <summary>The same, as the rooms bind it: keys under <c>Islet:</c>.</summary>
    public IEnumerable<KeyValuePair<string, string?>> ForRooms()
    {
        foreach (var setting in ServeSettings.All)
        {
            if (!values.TryGetValue(setting.Name, out var value))
                continue;
            IEnumerable<KeyValuePair<string, string>> read;
            try
            {
                read = setting.Read is null ? setting.Places.Select(place => KeyValuePair.Create(place, value)) : [.. setting.Read(value)];
            }
            catch (FormatException exception)
            {
                throw new FormatException($"--{setting.Name} ({setting.Variable}) is '{value}': {exception.Message}", exception);
            }
            foreach (var (place, bound) in read)
                yield return new("Islet:" + place, bound);
        }
    }

    static Dictionary<string, string> ReadFile()
    {
        if (!File.Exists("islet.json"))
            return [];
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(File.ReadAllText("islet.json"))!
                .ToDictionary(member => member.Key, member => member.Value.ToString(), StringComparer.Ordinal);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"islet.json: {exception.Message}", exception);
        }
    }

    static IPEndPoint ParseListen(string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url.AbsolutePath == "/")
        {
            if (url.Host == "localhost")
                return new(IPAddress.Loopback, url.Port);
            if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address))
                return new(address, url.Port);
        }
        throw new FormatException($"--listen (ISLET_LISTEN) is '{text}': expected http://ADDRESS:PORT");
    }
}
