using System.Diagnostics;
using Islet.Isolates.Sandbox;

namespace Islet.Tests.Isolates;

public sealed class CreditTests
{
    [Fact]
    public void Who_rests_has_credit_until_it_has_computed_for_more_than_it_saved_up()
    {
        var credit = new Credit(earned: 0.2, most: 0.02);

        credit.Settle(0.02, 5).ShouldBeFalse(); // what it spent before it was known is not counted
        credit.Settle(0.04, 5).ShouldBeTrue();
        credit.Rested.ShouldBeTrue();
        credit.Settle(10, 5.05).ShouldBeFalse(); // more than it ever has, and less than it earned meanwhile
        credit.Settle(0.02, 5.06).ShouldBeFalse();
        credit.Settle(0.02, 5.08).ShouldBeTrue();
        credit.Rested.ShouldBeFalse();

        credit.Settle(0.02, 6).ShouldBeFalse(); // it owes no more than it could have saved
        credit.Settle(0.2, 6).ShouldBeTrue();
    }

    [Fact]
    public async Task A_group_is_idle_while_it_computes_and_no_longer()
    {
        IsolatesFixture.DenoOrSkip(); // where there is no jail there is no group
        var name = "islet-test-" + Guid.NewGuid().ToString("N")[..8];
        var tree = (ICgroupTree?)CgroupV2Tree.TryOpen(name) ?? CgroupV1Tree.TryOpen(name).ShouldNotBeNull();
        var group = tree.Create("1", new ResourceLimits(64 << 20, 10, 2));
        var switches = group.ProcsFiles.Select(file => Path.Combine(Path.GetDirectoryName(file)!, "cpu.idle")).First(File.Exists);
        try
        {
            IsIdle(switches).ShouldBeTrue(); // it has not rested yet
            await UntilAsync(() => !IsIdle(switches));

            using var program = Process.Start("sh", ["-c", "while :; do :; done"]);
            foreach (var file in group.ProcsFiles)
                await File.WriteAllTextAsync(file, program.Id.ToString());
            await UntilAsync(() => IsIdle(switches));

            program.Kill();
            await program.WaitForExitAsync(TestContext.Current.CancellationToken);
            await UntilAsync(() => !IsIdle(switches));
        }
        finally
        {
            tree.Sweep();
        }
        File.Exists(switches).ShouldBeFalse();
    }

    static bool IsIdle(string switches) => File.ReadAllText(switches).Trim() == "1";

    static async Task UntilAsync(Func<bool> holds)
    {
        for (var begun = Stopwatch.StartNew(); !holds(); await Task.Delay(10))
            begun.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }
}
