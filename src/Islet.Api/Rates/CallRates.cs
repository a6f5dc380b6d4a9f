using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Islet.Api.Rates;

/// <summary>
/// How often may be called: by address before anything is looked up, then by token and by organization. An answer tells
/// of the bucket that is nearest to its end.
/// </summary>
sealed class CallRates(IOptions<ApiOptions> options, TimeProvider time)
{
    readonly CallRate<UInt128> addresses = new(options.Value.CallsOfAddress, time);
    readonly CallRate<Guid> tokens = new(options.Value.CallsOfToken, time);
    readonly CallRate<Guid> organizations = new(options.Value.CallsOfOrganization, time);

    /// <summary>Null when the call may go on.</summary>
    public Refusal? RefuseAddress(HttpContext http) => Tell(http, addresses.Take(KeyOf(http.Connection.RemoteIpAddress)), "address");

    /// <inheritdoc cref="RefuseAddress"/>
    public Refusal? Refuse(HttpContext http, Caller caller) =>
        Tell(http, tokens.Take(caller.Token), "token") ?? Tell(http, organizations.Take(PayerOf(http, caller)), "organization");

    /// <summary>A person in several pays for each where the path names it, else as a person: nobody gets more by joining.</summary>
    static Guid PayerOf(HttpContext http, Caller caller)
    {
        if (caller.Organizations is [var only])
            return only.Value;
        return http.Request.RouteValues.TryGetValue("organizationId", out var named)
            && Guid.TryParseExact(named as string, "D", out var id) && caller.Organizations.Contains(new(id))
                ? id
                : caller.User.Value;
    }

    static UInt128 KeyOf(IPAddress? address)
    {
        if (address is null)
            return 0;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : new UInt128(BinaryPrimitives.ReadUInt64BigEndian(bytes), 1); // who has one address of a /64 has all
    }

    static Refusal? Tell(HttpContext http, RateVerdict? taken, string whose)
    {
        if (taken is not { } verdict)
            return null;
        var headers = http.Response.Headers;
        if (verdict.IsRefused || headers["x-ratelimit-remaining"] is not [{ } told]
            || verdict.Remaining < int.Parse(told, CultureInfo.InvariantCulture))
        {
            headers["x-ratelimit-limit"] = verdict.Limit.ToString(CultureInfo.InvariantCulture);
            headers["x-ratelimit-remaining"] = verdict.Remaining.ToString(CultureInfo.InvariantCulture);
            headers["x-ratelimit-reset"] = ((long)Math.Ceiling(verdict.Reset.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }
        return verdict.IsRefused
            ? new(RefusalCode.TooManyRequests, $"Too many calls by this {whose}: {verdict.Limit / 10} a second are answered") { RetryAfter = verdict.Wait }
            : null;
    }
}
