namespace Islet.Api;

/// <summary>How many calls the API answers. Each is a rate per second with ten seconds' worth at once; 0 is no limit.</summary>
public sealed class ApiOptions
{
    /// <summary>By one token.</summary>
    public int CallsOfToken { get; set; } = 100;

    /// <summary>By all tokens of one organization; of a person in several, by that person.</summary>
    public int CallsOfOrganization { get; set; } = 300;

    /// <summary>From one address (of IPv6: one /64), with or without a token.</summary>
    public int CallsOfAddress { get; set; } = 300;
}
