using System.Text.Json;

namespace Islet.Server.Settings;

/// <summary><c>islet.json</c> in the working directory: one object, its members named as in docs/configuration.md.</summary>
static class SettingsFile
{
    public const string Name = "islet.json";

    /// <returns>Values as they would be written on the command line; empty when there is no such file.</returns>
    /// <exception cref="FormatException">It cannot be read, or has a member that is no setting.</exception>
    public static Dictionary<string, string> Read()
    {
        if (!File.Exists(Name))
            return [];
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(Name), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new FormatException($"{Name}: expected an object");
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var member in document.RootElement.EnumerateObject())
                if (ServeSettings.All.Any(setting => setting.Member == member.Name))
                    values[member.Name] = TextOf(member);
                else
                    throw new FormatException($"{Name}: there is no setting '{member.Name}'; `islet serve --help` lists all");
            return values;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{Name}: {exception.Message}", exception);
        }
    }

    static string TextOf(JsonProperty member) => member.Value.ValueKind switch
    {
        JsonValueKind.String => member.Value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => member.Value.GetRawText(),
        JsonValueKind.Array when member.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            string.Join(',', member.Value.EnumerateArray().Select(item => item.GetString())),
        _ => throw new FormatException($"{Name}: '{member.Name}' must be a text, a number, true, false or a list of texts"),
    };
}
