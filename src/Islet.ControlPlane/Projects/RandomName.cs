using System.Globalization;
using System.Security.Cryptography;

namespace Islet.ControlPlane.Projects;

/// <summary>Names like <c>quiet-otter-42</c> for projects that come without one.</summary>
static class RandomName
{
    static readonly string[] Adjectives =
    [
        "amber", "brave", "bright", "calm", "clever", "cold", "cosmic", "crisp", "dapper", "eager", "early", "fair", "fancy", "fast",
        "fine", "fresh", "gentle", "glad", "golden", "good", "grand", "green", "happy", "hardy", "honest", "jolly", "keen", "kind",
        "light", "lively", "loud", "lucky", "mellow", "merry", "mighty", "neat", "nimble", "noble", "open", "pale", "plain", "proud",
        "quick", "quiet", "rapid", "rare", "ready", "royal", "shiny", "silent", "silver", "smart", "smooth", "snowy", "solid", "steady",
        "still", "strong", "sunny", "swift", "tidy", "tiny", "vivid", "warm", "wild", "wise", "witty", "young",
    ];

    static readonly string[] Nouns =
    [
        "ant", "badger", "bat", "bear", "bee", "bison", "boar", "camel", "cat", "clam", "cod", "crab", "crane", "crow", "deer", "dodo",
        "dog", "dove", "duck", "eagle", "eel", "elk", "falcon", "finch", "fish", "fox", "frog", "goat", "goose", "gull", "hare", "hawk",
        "heron", "horse", "ibex", "jay", "koala", "lark", "lemur", "lion", "llama", "lynx", "mole", "moose", "mouse", "newt", "otter",
        "owl", "panda", "pony", "puffin", "quail", "rabbit", "raven", "rhino", "robin", "seal", "shark", "sheep", "snail", "stork",
        "swan", "tapir", "tiger", "toad", "trout", "turtle", "walrus", "whale", "wolf", "wombat", "wren", "yak", "zebra",
    ];

    public static string New() => string.Create(
        CultureInfo.InvariantCulture,
        $"{RandomNumberGenerator.GetItems<string>(Adjectives, 1)[0]}-{RandomNumberGenerator.GetItems<string>(Nouns, 1)[0]}-{RandomNumberGenerator.GetInt32(1, 1000)}");
}
