using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;

namespace Islet.Tests.Isolates;

public sealed class SlotNetworkTests
{
    [Fact]
    public async Task Networks_are_made_where_more_than_1024_descriptors_are_open()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root makes network namespaces here.");
        var many = Enumerable.Range(0, 1100).Select(_ => File.OpenHandle("/dev/null")).ToList();
        var thread = new OwnThread("islet-test-net");
        try
        {
            await thread.RunAsync(() =>
            {
                using var home = SlotNetwork.Current();
                ((int)home.DangerousGetHandle()).ShouldBeGreaterThan(1023);
                SlotNetwork.Make(home).Dispose(); // listens only where its rules are in force
            });
        }
        finally
        {
            thread.Dispose();
            many.ForEach(handle => handle.Dispose());
        }
    }
}
