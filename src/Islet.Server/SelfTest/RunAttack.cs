using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Islet.Server.SelfTest;

/// <summary>One attack from its request to its verdict.</summary>
sealed partial class RunAttack(HttpClient visitor, Tenants tenants, Victim victim, HostChecks host, TargetsOf targets, SelfTestOptions options)
{
    const int LongestAnswer = 1 << 20;
    static readonly TimeSpan RecycleLimit = TimeSpan.FromSeconds(20);

    sealed record Answer(int Status, string Text, string Failure);

    public async Task<AttackResult> RunAsync(Attack attack, Deployed deployed, CancellationToken cancellation)
    {
        victim.TakeHarm();
        var (verdict, detail) = attack.Needs.Intersect(options.Lacks, StringComparer.Ordinal).FirstOrDefault() is { } lack
            ? (Verdict.NotJudged, $"this build lacks {lack}")
            : await JudgeAsync(attack, deployed, cancellation);

        // what is around it has to be as it was, whatever the program says
        if (await host.FindAsync() is { } trace)
            (verdict, detail) = (Verdict.Escaped, trace + "; " + detail);
        else if (victim.TakeHarm() is { } harm && verdict == Verdict.Held)
            (verdict, detail) = (Verdict.Failed, harm + "; " + detail);
        return new(attack, verdict, Clean(detail));
    }

    /// <summary>The same program again and again, whatever comes of it, until it is over.</summary>
    public async Task AgainAndAgainAsync(Attack attack, Deployed deployed, CancellationToken over)
    {
        try
        {
            while (true)
            {
                await AskAsync(deployed.Host, "/", attack.Limit, over);
                await Task.Delay(20, over); // a deployment that failed is refused at once for a while
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // as it has to end
        }
    }

    async Task<(Verdict, string)> JudgeAsync(Attack attack, Deployed deployed, CancellationToken cancellation)
    {
        // 1 programs that must not even be built
        if (attack.Judge.TryGetValue("build-fails", out var reason))
            return deployed.Failure is null ? (Verdict.Escaped, "it was built")
                : deployed.Failure.Contains(reason, StringComparison.OrdinalIgnoreCase) ? (Verdict.Held, "its build failed as it should")
                : (Verdict.Failed, "its build failed otherwise: " + Tail(deployed.Failure));
        if (deployed.Failure is not null)
            return (Verdict.Failed, "it was not built: " + Tail(deployed.Failure));

        // 2 the attack
        var before = attack.Recycles ? (await AskAsync(deployed.Host, "/boot", TimeSpan.FromSeconds(15), cancellation)).Text : "";
        var answer = await AskAsync(deployed.Host, "/", attack.Limit, cancellation);
        if (attack.Judge.ContainsKey("twice") && answer.Status == 200)
            (deployed, answer) = await AgainAsync(attack, deployed, cancellation);

        // 3 what came of it
        var (verdict, detail) = Read(attack, answer);
        if (verdict == Verdict.Held && attack.Recycles && !await IsRecycledAsync(deployed.Host, before, cancellation))
            (verdict, detail) = (Verdict.Failed, "its isolate lives on; " + detail);
        if (attack.Judge.ContainsKey("again"))
            for (var times = 0; times < 4; times++)
                if ((await AskAsync(deployed.Host, "/again", TimeSpan.FromSeconds(10), cancellation)).Text.Contains(targets.VictimWord, StringComparison.Ordinal))
                    (verdict, detail) = (Verdict.Escaped, "it answered with the victim's answer");
        if (verdict == Verdict.Held && attack.Judge.ContainsKey("logs") && await ForgedAsync(deployed, cancellation) is { } forged)
            (verdict, detail) = (Verdict.Escaped, forged);
        return (verdict, detail);
    }

    // The program's own word, else the page of the edge, else how the connection ended.
    static (Verdict, string) Read(Attack attack, Answer answer)
    {
        if (answer.Status == 200 && Parse(answer.Text) is { } told)
        {
            using (told)
            {
                var detail = told.RootElement.TryGetProperty("detail", out var text) ? text.ToString() : "";
                if (attack.IsControl)
                    return (told.RootElement.GetProperty("works").GetBoolean() ? Verdict.Held : Verdict.Failed, detail);
                return (told.RootElement.GetProperty("escaped").GetBoolean() ? Verdict.Escaped : Verdict.Held, detail);
            }
        }
        var code = PageCode().Match(answer.Text) is { Success: true } match ? match.Groups["code"].Value : answer.Failure;
        var said = code.Length > 0 ? code : $"{answer.Status} {Tail(answer.Text)}";
        if (attack.Answers.Contains(code, StringComparer.Ordinal) || (attack.Answers.Contains("ANYTHING", StringComparer.Ordinal)))
            return (Verdict.Held, said);
        return (Verdict.Failed, "unexpected: " + said);
    }

    async Task<(Deployed, Answer)> AgainAsync(Attack attack, Deployed deployed, CancellationToken cancellation)
    {
        var second = await tenants.AgainAsync(deployed.Project, attack.Source, targets.Of(attack), null, cancellation);
        return second.Failure is { } failure
            ? (deployed, new Answer(0, failure, "NOT_BUILT"))
            : (second, await AskAsync(second.Host, "/", attack.Limit, cancellation));
    }

    async Task<bool> IsRecycledAsync(string name, string before, CancellationToken cancellation)
    {
        for (var begun = Stopwatch.StartNew(); begun.Elapsed < RecycleLimit; await Task.Delay(250, cancellation))
        {
            var now = await AskAsync(name, "/boot", TimeSpan.FromSeconds(5), cancellation);
            if (now.Status == 200 && now.Text != before)
                return true;
        }
        return false;
    }

    // Lines are attributed by the platform: what an attack prints or posts is never in another's log.
    async Task<string?> ForgedAsync(Deployed deployed, CancellationToken cancellation)
    {
        await Task.Delay(TimeSpan.FromSeconds(1.5), cancellation); // batches of the writer
        var theirs = await tenants.LogAsync(targets.VictimDeployment, cancellation);
        if (theirs.Contains(targets.Mark, StringComparison.Ordinal))
            return "its line is in the victim's log";
        using var own = JsonDocument.Parse(await tenants.LogAsync(deployed.Id, cancellation)); // well formed, whatever was printed
        return own.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? null : "its log is no JSON";
    }

    async Task<Answer> AskAsync(string name, string path, TimeSpan limit, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(limit);
        try
        {
            using var request = Tenants.Request(name, path);
            request.Headers.Add("x-islet-client", "6.6.6.6:666"); // a visitor's claim
            using var answer = await visitor.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            await using var body = await answer.Content.ReadAsStreamAsync(patience.Token);
            using var buffer = MemoryPool<byte>.Shared.Rent(LongestAnswer); // not one for each request: that would be work beside the victim
            var length = await body.ReadAtLeastAsync(buffer.Memory[..LongestAnswer], LongestAnswer, throwOnEndOfStream: false, patience.Token);
            return length == LongestAnswer ? new((int)answer.StatusCode, "", "ENDLESS") : new((int)answer.StatusCode, Encoding.UTF8.GetString(buffer.Memory.Span[..length]), "");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(0, "", "NO_ANSWER");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return new(0, "", "ABORTED");
        }
    }

    static JsonDocument? Parse(string text)
    {
        try
        {
            return JsonDocument.Parse(text) is { RootElement.ValueKind: JsonValueKind.Object } told && (told.RootElement.TryGetProperty("escaped", out _) || told.RootElement.TryGetProperty("works", out _)) ? told : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string Tail(string text) => text.Length > 160 ? text[^160..] : text;

    // For a terminal: programs of attackers wrote it.
    static string Clean(string text) =>
        string.Concat(text.Take(240).Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format ? ' ' : c));

    [GeneratedRegex(@"^\d{3}: [^(]*\((?<code>[A-Z_]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PageCode();
}
