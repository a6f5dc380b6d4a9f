using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Islet.Gateway.Crons;

/// <summary>
/// Deno's cron socket (pinned with its version): a JSON object on each line, in both directions. The isolate's lines are
/// hostile: bounded, and a line that nobody waits for ends the conversation.
/// <code>
///   isolate  {"kind":"register","crons":[{"name","schedule","backoff_schedule"?}]}
///            {"kind":"result","name","success"}      {"kind":"reject-ack"}
///   here     {"kind":"invoke","name","traceparent"}  {"kind":"reject-new-crons","reason"}
/// </code>
/// </summary>
sealed class CronConversation(ConnectionContext connection, RegisteredCrons crons)
{
    const int LongestLine = 4096;

    /// <summary>To its end; does not throw.</summary>
    public async Task RunAsync()
    {
        var sending = SendAsync();
        try
        {
            crons.End(await ReadAsync(connection.Transport.Input));
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            crons.End("The isolate ended");
        }
        finally
        {
            connection.Abort(new ConnectionAbortedException("The conversation is over."));
            await sending; // what it waits for ended with the crons
        }
    }

    async Task<string> ReadAsync(PipeReader input)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                if (Heed(rest.Slice(0, end)) is { } problem)
                    return problem;
                rest = rest.Slice(rest.GetPosition(1, end));
            }
            if (rest.Length > LongestLine)
                return "Deno's cron connection sent a line that is too long";
            if (read.IsCompleted)
                return "The isolate ended";
            input.AdvanceTo(rest.Start, rest.End);
        }
    }

    /// <summary>Null, or why the conversation must end.</summary>
    string? Heed(in ReadOnlySequence<byte> line)
    {
        const string NotDenos = "Deno's cron connection sent what it never sends";
        if (line.Length > LongestLine || CronMessages.Parse(line) is not { } message)
            return NotDenos;
        foreach (var cron in message.Registered)
            if (crons.Add(cron) is { } problem)
                return problem;
        return message.Kind switch
        {
            CronMessageKind.Register => null,
            CronMessageKind.Result => crons.TryFinish(message.Name, message.Success) ? null : NotDenos,
            CronMessageKind.NoMoreTaken => crons.TryComplete() ? null : NotDenos,
        };
    }

    async Task SendAsync()
    {
        try
        {
            await foreach (var message in crons.ToIsolate.ReadAllAsync())
                await connection.Transport.Output.WriteAsync(message);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ConnectionAbortedException or InvalidOperationException)
        {
            // the reader finds out too
        }
    }
}
