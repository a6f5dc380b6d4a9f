using Islet.ControlPlane.Assets;

namespace Islet.Tests.ControlPlane;

public sealed class AssetTreeTests
{
    [Fact]
    public void Chain_of_links_may_be_as_long_as_the_kernel_follows_and_no_longer()
    {
        Plan(Chain(AssetLimits.LinkChain)).Refusal.ShouldBeNull();
        Plan(Chain(AssetLimits.LinkChain + 2)).Refusal.ShouldNotBeNull().Message.ShouldContain("too many links");
    }

    [Fact]
    public void Hostile_number_of_long_links_is_checked_in_seconds()
    {
        var deep = string.Join('/', Enumerable.Repeat("d", 400));
        var assets = Enumerable.Range(0, AssetLimits.Files - 1).Select(index => Link($"l{index}", $"{deep}/../{deep[..^2]}/x")).ToList();
        assets.Add(new($"{deep}/x", null, new string('0', 40), null));
        var begun = TimeProvider.System.GetTimestamp();

        Plan(assets).Refusal.ShouldNotBeNull();
        Plan([.. Chain(AssetLimits.Files - 1)]).Refusal.ShouldNotBeNull();

        TimeProvider.System.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Names_that_only_begin_alike_do_not_clash() =>
        Plan([File("a"), File("a.b"), File("a-b/c"), File("ab/c"), File("a b")]).Refusal.ShouldBeNull();

    [Fact]
    public void Entry_through_links_is_a_file_and_a_directory_is_not()
    {
        var tree = Plan([File("d/x"), Link("l", "d/x"), Link("m", "l"), Link("dir", "d")]).Value;

        tree.IsFile("m").ShouldBeTrue();
        tree.IsFile("d").ShouldBeFalse();
        tree.IsFile("dir").ShouldBeFalse();
        tree.IsFile("gone").ShouldBeFalse();
    }

    static Contracts.Outcome<AssetTree> Plan(IEnumerable<NewAsset> assets) => AssetTree.Plan([.. assets]);

    static IEnumerable<NewAsset> Chain(int links) =>
        Enumerable.Range(0, links).Select(index => Link($"l{index}", index == 0 ? "file" : $"l{index - 1}")).Append(File("file"));

    static NewAsset File(string path) => new(path, null, new string('0', 40), null);

    static NewAsset Link(string path, string target) => new(path, null, null, target);
}
