using System.Globalization;
using Islet.ControlPlane;
using Islet.ControlPlane.Builds;
using Islet.Edge;
using Islet.Isolates;
using Islet.Server.Settings;
using Microsoft.Extensions.Configuration;

namespace Islet.Tests.House;

/// <summary>docs/configuration.md tells what <see cref="ServeSettings"/> tells, and that tells what the rooms have.</summary>
public sealed class ConfigurationDocument
{
    [Fact]
    public void The_table_of_settings_is_true()
    {
        var rows = Repository.Read("docs/configuration.md").Split('\n').Where(line => line.StartsWith("| `--", StringComparison.Ordinal));

        string.Join('\n', rows).ShouldBe(string.Join('\n', ServeSettings.All.Select(Row)), "docs/configuration.md has other settings");
    }

    [Fact]
    public void Defaults_are_those_of_the_rooms()
    {
        var bound = new ConfigurationBuilder().AddInMemoryCollection(Defaults()).Build().GetSection("Islet");

        Same(new IsolatesOptions(), bound.GetSection("Isolates"));
        Same(new EdgeOptions(), bound.GetSection("Edge"));
        Same(new BuildsOptions(), bound.GetSection("Builds"), except: nameof(BuildsOptions.ModuleHosts)); // empty in the room: every host is the server's choice
        Same(new ControlPlaneOptions(), bound.GetSection("ControlPlane"));
    }

    static string Row(Setting setting) => string.Create(
        CultureInfo.InvariantCulture,
        $"| `--{setting.Name}` | `{setting.Variable}` | `{setting.Member}` | {(setting.Default is { } value ? $"`{value}`" : "")} | {setting.Help} |");

    static IEnumerable<KeyValuePair<string, string?>> Defaults() =>
        from setting in ServeSettings.All
        where setting is { Default: not null, Read: not null }
        from pair in setting.Read!(setting.Default!)
        select KeyValuePair.Create("Islet:" + pair.Key, (string?)pair.Value);

    static void Same<T>(T room, IConfigurationSection told, string? except = null)
        where T : class, new()
    {
        var changed = new T();
        told.Bind(changed);
        foreach (var property in typeof(T).GetProperties().Where(property => property.Name != except))
            property.GetValue(changed).ShouldBe(property.GetValue(room), $"{typeof(T).Name}.{property.Name}");
    }
}
