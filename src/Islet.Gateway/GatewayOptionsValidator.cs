using System.Net;
using Islet.Gateway.Names;
using Microsoft.Extensions.Options;

namespace Islet.Gateway;

/// <summary>Every address of the options can be read; all that cannot are told at once.</summary>
sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var wrong = options.PlatformAddresses.Where(address => !IPAddress.TryParse(address, out _))
            .Select(address => $"PlatformAddresses: '{address}' is not an address").ToList();
        foreach (var server in options.DnsServers)
        {
            try
            {
                UpstreamServers.Parse(server);
            }
            catch (FormatException e)
            {
                wrong.Add($"DnsServers: {e.Message}");
            }
        }

        if (options.ConnectTimeout <= TimeSpan.Zero || options.ConnectTimeout > TimeSpan.FromMinutes(5))
            wrong.Add("ConnectTimeout must be above 0 and at most 5 minutes");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
