using System.Xml.Linq;

namespace Islet.Tests.House;

/// <summary>Rooms know the rooms below them and no others; Server introduces them to each other.</summary>
public sealed class DirectionOfDependencies
{
    static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Islet.Server"] = ["Islet.Api", "Islet.ControlPlane", "Islet.Edge", "Islet.Gateway", "Islet.Isolates", "Islet.Kv", "Islet.Contracts"],
        ["Islet.Api"] = ["Islet.ControlPlane", "Islet.Kv", "Islet.Contracts"],
        ["Islet.ControlPlane"] = ["Islet.Contracts"],
        ["Islet.Edge"] = ["Islet.Contracts"],
        ["Islet.Gateway"] = ["Islet.Contracts"],
        ["Islet.Isolates"] = ["Islet.Contracts"],
        ["Islet.Kv"] = ["Islet.Contracts"],
        ["Islet.Contracts"] = [],
    };

    [Fact]
    public void Each_room_refers_only_to_rooms_below_it()
    {
        var projects = Projects().ToList();
        projects.ShouldNotBeEmpty();
        foreach (var (name, file) in projects)
        {
            Allowed.ShouldContainKey(name, $"{file} is a new room: say here what it may know.");
            References(file, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))
                .Except(Allowed[name], StringComparer.Ordinal)
                .ShouldBeEmpty($"{name} must not know these.");
        }
    }

    [Fact]
    public void Contracts_needs_no_package() =>
        References("src/Islet.Contracts/Islet.Contracts.csproj", "PackageReference").ShouldBeEmpty();

    [Fact]
    public void No_source_names_a_room_its_project_does_not_refer_to()
    {
        // A room could come in through another one's references; the names of its namespaces would give it away.
        foreach (var (name, file) in Projects())
        {
            var foreign = Allowed.Keys.Except([name, .. Allowed[name]], StringComparer.Ordinal).ToList();
            foreach (var source in Repository.Files($"src/{name}").Where(path => path.EndsWith(".cs", StringComparison.Ordinal)))
            {
                var text = Repository.Read(source);
                foreach (var room in foreign)
                    text.Contains($"using {room}", StringComparison.Ordinal).ShouldBeFalse($"{source} uses {room} ({file} may not)");
            }
        }
    }

    static IEnumerable<(string Name, string File)> Projects() =>
        Repository.Files("src").Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(path => (Path.GetFileNameWithoutExtension(path), path));

    static List<string> References(string project, string kind) =>
        [.. XDocument.Parse(Repository.Read(project)).Descendants(kind).Select(item => item.Attribute("Include")!.Value)];
}
