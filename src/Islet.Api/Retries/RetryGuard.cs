using System.Security.Cryptography;
using System.Text;
using Islet.Api.Wire;
using Islet.ControlPlane.Retries;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Retries;

/// <summary>
/// Lets a POST be repeated without doing it twice: by its <c>Idempotency-Key</c>, and without one when the first answer
/// got lost on the way (see <see cref="LostAnswers"/>).
/// </summary>
sealed class RetryGuard(KeptAnswers kept, LostAnswers lost)
{
    const string HeaderName = "Idempotency-Key";
    const int MaxKey = 255;

    /// <summary>To be called when the body is there and nothing is done yet. Throws <see cref="AnsweredBefore"/> when there is nothing to do.</summary>
    public async Task EnterAsync(HttpContext http, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
            return;
        var (token, hash) = (http.CallerOrNobody()?.Token ?? Guid.Empty, HashOf(http.Request, body.Span));
        if (Key(http.Request) is { } key && token != Guid.Empty)
        {
            if ((await kept.ClaimAsync(token, key, hash, cancellation)) is var outcome && outcome.IsRefused(out var refusal))
                throw new WireException(refusal);
            if (outcome.Value.Answer is { } first)
                throw new AnsweredBefore(first);
            http.Features.Set(outcome.Value.Claim);
            return;
        }
        var call = new RunningCall(new(token, Convert.ToHexStringLower(hash)), http.RequestAborted);
        if (lost.Take(call.Name) is { } answer)
            throw new AnsweredBefore(answer) { Name = call.Name };
        if (lost.IsRunningForNobody(call.Name))
            throw new WireException(new Refusal(RefusalCode.RetryTooSoon, "The same call is under way: ask again for its answer") { RetryAfter = TimeSpan.FromSeconds(1) });
        lost.Begin(call);
        http.Features.Set(call);
    }

    /// <summary>To be called with what the operation says, before it is sent.</summary>
    public async Task<object?> LeaveAsync(HttpContext http, object? result)
    {
        var answer = result is JsonAnswer { Status: StatusCodes.Status200OK } done ? new FirstAnswer(done.Status, done.Body) : null;
        if (http.Features.Get<ClaimedKey>() is { } claim)
            await (answer is null ? kept.GiveBackAsync(claim) : kept.KeepAsync(claim, answer));
        if (http.Features.Get<RunningCall>() is not { } call)
            return result;
        if (answer is not null)
            return new WatchedAnswer(lost, call, answer, (IResult)result!);
        lost.End(call);
        return result;
    }

    /// <summary>To be called when there is no answer.</summary>
    /// <param name="nothingDone">Whether that is known.</param>
    public async Task FailAsync(HttpContext http, bool nothingDone)
    {
        if (http.Features.Get<RunningCall>() is { } call)
            lost.End(call);
        if (http.Features.Get<ClaimedKey>() is not { } claim)
            return;
        if (nothingDone)
            await kept.GiveBackAsync(claim);
        else
            kept.Abandon(claim);
    }

    /// <summary>The same again; should it be lost again, it is kept again.</summary>
    public IResult Replay(HttpContext http, AnsweredBefore before)
    {
        http.Response.Headers["idempotency-replayed"] = "true";
        var answer = new JsonAnswer(before.Answer.Status, before.Answer.Body, Link: null);
        return before.Name is { } name ? new WatchedAnswer(lost, new(name, http.RequestAborted), before.Answer, answer) : answer;
    }

    static byte[] HashOf(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.Path}{request.QueryString}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    static string? Key(HttpRequest request) => request.Headers[HeaderName] switch
    {
        [] => null,
        [{ Length: > 0 and <= MaxKey } key] => key,
        _ => throw new WireException(HeaderName, $"must be one of 1 to {MaxKey} characters"),
    };

    /// <summary>Notes an answer that its client did not get.</summary>
    sealed class WatchedAnswer(LostAnswers lost, RunningCall call, FirstAnswer answer, IResult inner) : IResult, IStatusCodeHttpResult
    {
        int? IStatusCodeHttpResult.StatusCode => answer.Status;

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            try
            {
                await inner.ExecuteAsync(httpContext);
            }
            catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
            {
                // nobody is there to hear it
            }
            finally
            {
                if (httpContext.RequestAborted.IsCancellationRequested)
                    lost.Keep(call.Name, answer);
                lost.End(call);
            }
        }
    }
}

/// <summary>Ends a call that was answered before; caught where <see cref="WireException"/> is.</summary>
sealed class AnsweredBefore(FirstAnswer answer) : Exception("Answered before.")
{
    public FirstAnswer Answer { get; } = answer;

    /// <summary>Set when the first answer got lost.</summary>
    public CallName? Name { get; init; }
}
