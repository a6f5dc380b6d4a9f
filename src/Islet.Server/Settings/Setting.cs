namespace Islet.Server.Settings;

/// <summary>
/// One thing an operator can set: <c>--name</c> on the command line, else <c>ISLET_NAME</c>, else <c>name</c> in
/// <c>islet.json</c>, else the default.
/// </summary>
/// <param name="Name">Lower case with hyphens.</param>
/// <param name="Default">As an operator would write it; null: what the help says.</param>
/// <param name="Read">Turns what was written into what the rooms bind; throws <see cref="FormatException"/> with what is
/// expected. Null: the server itself reads it.</param>
sealed record Setting(string Name, string? Default, string Help, Func<string, IEnumerable<KeyValuePair<string, string>>>? Read = null)
{
    /// <summary>A path, made absolute: not every process of a server has the same working directory.</summary>
    public bool IsPath { get; init; }

    public string Variable { get; } = "ISLET_" + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>Member of <c>islet.json</c>: camel case.</summary>
    public string Member { get; } = string.Concat(Name.Split('-').Select((word, index) => index == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
}
