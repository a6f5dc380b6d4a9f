using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Islet.Api.DenoDeploy;
using Islet.Api.Wire;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Islet.Api.Dashboard;

/// <summary>
/// How a deployment goes on, told by its build log, an object a line, until it has ended:
/// <code>
///   { "type": "staticFile", "currentBytes", "totalBytes" }   only where files came with it: the client has no place for it else
///   { "type": "load", "url", "seen", "total" }               at least one, in front of uploadComplete: the same
///   { "type": "uploadComplete" }
///   { "type": "success", "id", "domainMappings", … }  or  { "type": "error", "code", "ctx" }
/// </code>
/// A client that hangs up stops nothing.
/// </summary>
sealed partial class DeployProgress(BuildLines build, DeploymentDetails details, IHostApplicationLifetime lifetime)
{
    /// <summary>Lines of the build log that go with the reason: such as why a module was not fetched, which the client has no other way to hear of.</summary>
    const int MaxProblems = 10;

    /// <param name="uploaded">Bytes of files that came with the request; 0 is none.</param>
    public async Task<IResult> SendAsync(HttpContext http, DeploymentId deployment, long uploaded)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await LogStream.FollowLinesAsync(http, ReadAsync(http.Caller(), deployment, uploaded, over.Token), Write, over.Token);
        }
        catch (OperationCanceledException)
        {
            http.Abort(); // its end would be taken for the end of the deployment
        }

        return Results.Empty;
    }

    async IAsyncEnumerable<object> ReadAsync(Caller caller, DeploymentId deployment, long uploaded, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (uploaded > 0)
            yield return new FileWire("staticFile", uploaded, uploaded);
        var (found, problems) = (0, new List<string>());
        await foreach (var entry in build.ReadAsync(caller, deployment, cancellation))
            if (entry.Level == "error" && problems.Count < MaxProblems)
                problems.Add(entry.Message);
            else if (Downloading().Match(entry.Message) is { Success: true } begun)
                yield return new LoadWire("load", begun.Groups["url"].Value, found++, found);
            else if (Downloaded().Match(entry.Message) is { Success: true } done)
                yield return new LoadWire("load", done.Groups["url"].Value, Number(done, "seen"), Number(done, "total"));

        var end = await details.GetAsync(caller, deployment, cancellation);
        if (end.IsRefused(out var refusal))
        {
            yield return new FailedWire("error", DenoDeployErrors.Of(refusal).Code, refusal.Message);
        }
        else if (end.Value is { View.Status: DeploymentStatus.Success } success)
        {
            yield return new LoadWire("load", BuiltWire.Of(success).Url, 1, 1);
            yield return new CompleteWire("uploadComplete");
            yield return BuiltWire.Of(success) with { Type = "success" };
        }
        else
        {
            var reason = end.Value.Failure ?? "The build did not come to its end";
            yield return FailedWire.Of(reason) with { Ctx = string.Join('\n', [reason, .. problems.Where(problem => !problem.EndsWith(reason, StringComparison.Ordinal))]) };
        }
    }

    static void Write(Utf8JsonWriter json, object wire) => JsonSerializer.Serialize(json, wire, wire.GetType(), ApiJson.Options);

    static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    sealed record FileWire(string Type, long CurrentBytes, long TotalBytes);

    sealed record LoadWire(string Type, string Url, int Seen, int Total);

    sealed record CompleteWire(string Type);

    [GeneratedRegex(@"\ADownloading (?<url>.+)\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Downloading();

    [GeneratedRegex(@"\ADownloaded (?<url>.+) \((?<seen>[0-9]{1,9})/(?<total>[1-9][0-9]{0,8})\)\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.RightToLeft, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Downloaded();
}
