using Islet.Gateway;
using Islet.Gateway.Names;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Gateway;

public sealed class GatewayOptionsTests
{
    [Fact]
    public void The_machines_servers_are_read_again_when_they_change()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# comment\nsearch example\nnameserver 9.9.9.9\nnameserver\tfd00::53 \nnameserver nonsense\noptions edns0\n");
            var servers = new UpstreamServers([], file);
            servers.Current.Select(server => server.ToString()).ShouldBe(["9.9.9.9:53", "[fd00::53]:53"]);

            File.WriteAllText(file, "nameserver 1.1.1.1");
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddYears(40));
            servers.Current.ShouldHaveSingleItem().ToString().ShouldBe("1.1.1.1:53");

            File.Delete(file);
            servers.Current.ShouldHaveSingleItem().ToString().ShouldBe("127.0.0.1:53");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("9.9.9.9", "9.9.9.9:53")]
    [InlineData("9.9.9.9:5300", "9.9.9.9:5300")]
    [InlineData("2620:fe::fe", "[2620:fe::fe]:53")]
    [InlineData("[2620:fe::fe]:5300", "[2620:fe::fe]:5300")]
    public void A_server_is_an_address_with_or_without_a_port(string text, string server) =>
        new UpstreamServers([text]).Current.ShouldHaveSingleItem().ToString().ShouldBe(server);

    [Fact]
    public void Options_are_those_of_their_section()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Islet:Gateway:DnsServers:0"] = "9.9.9.9",
            ["Islet:Gateway:PlatformAddresses:0"] = "93.184.216.10",
            ["Islet:Gateway:Domain"] = "islet.example",
            ["Islet:Gateway:ConnectTimeout"] = "00:00:05",
        }).Build());
        services.AddGateway();
        using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<GatewayOptions>();

        (options.DnsServers.Single(), options.PlatformAddresses.Single(), options.Domain).ShouldBe(("9.9.9.9", "93.184.216.10", "islet.example"));
        (options.ConnectTimeout, options.Listen.Port).ShouldBe((TimeSpan.FromSeconds(5), 8000));
    }

    [Fact]
    public void Options_that_cannot_be_read_are_told_all_at_once()
    {
        var options = new GatewayOptions { DnsServers = { "dns.example", "9.9.9.9" }, PlatformAddresses = { "here", "::1" }, ConnectTimeout = TimeSpan.Zero };

        var told = new GatewayOptionsValidator().Validate(null, options).Failures.ShouldNotBeNull().ToList();

        told.Count.ShouldBe(3);
        told.ShouldContain(line => line.Contains("'dns.example'", StringComparison.Ordinal));
        told.ShouldContain(line => line.Contains("'here'", StringComparison.Ordinal));
    }
}
