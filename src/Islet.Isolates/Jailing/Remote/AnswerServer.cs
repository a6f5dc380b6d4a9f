using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Islet.Contracts;
using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Starting;
using Microsoft.Extensions.Logging;

namespace Islet.Isolates.Jailing.Remote;

/// <summary>
/// The jailer's side: answers one server's questions until that server is gone. What a question names is looked up, never
/// believed: a name only finds what was started under it, a path only what lies below the data directory.
/// </summary>
internal sealed partial class AnswerServer(IJailer jailer, PrivateMounts mounts, DescriptorChannel channel, ILogger logger)
{
    readonly ConcurrentDictionary<string, (IJailed Process, Task EndIsTold)> living = new(StringComparer.Ordinal);

    /// <summary>Returns when the server closed its end. Blocks its thread.</summary>
    public void Run()
    {
        Say(new Ready(jailer.Status));
        while (channel.Receive(out var message, out var descriptors))
        {
            DescriptorChannel.Close(descriptors); // no question brings any
            var question = JsonSerializer.Deserialize(message.Span, JailerJson.Default.Question) ?? throw new IOException("The server asked nothing.");
            _ = Task.Run(() => AnswerAsync(question));
        }
    }

    async Task AnswerAsync(Question question)
    {
        try
        {
            switch (question)
            {
                case StartSlot start:
                    await StartSlotAsync(start);
                    return;
                case StartBuilder start:
                    await StartBuilderAsync(start);
                    return;
                default:
                    var yes = await DoAsync(question);
                    if (question.Id != 0)
                        Say(new Answer(question.Id, null, Yes: yes));
                    return;
            }
        }
        catch (Exception failure)
        {
            if (failure is not (IOException or SlotBootException or UnauthorizedAccessException))
                Log.Failed(logger, question.GetType().Name, failure);
            if (question.Id != 0)
                Say(new Answer(question.Id, failure.Message, Boot: failure is SlotBootException));
        }
    }

    async Task<bool> DoAsync(Question question)
    {
        switch (question)
        {
            case Put put:
                await Find(put.Name).PutAsync(put.Artifact);
                return true;
            case Publish publish:
                return await Find(publish.Name).PublishAsync();
            case LimitMemory limit:
                await Find(limit.Name).LimitMemoryAsync(limit.Bytes);
                return true;
            case LimitTmp limit:
                await Find(limit.Name).LimitTmpAsync(limit.Bytes);
                return true;
            case Terminate terminate:
                Find(terminate.Name).Terminate();
                return true;
            case Kill kill:
                Find(kill.Name).Kill();
                return true;
            case End end:
                if (living.TryRemove(end.Name, out var ended))
                {
                    await ended.Process.DisposeAsync();
                    await ended.EndIsTold; // before the answer, after which the name means nothing any more
                }
                return true;
            case Seal seal:
                await jailer.SealAsync(seal.Directory, seal.Paths);
                return true;
            case Discard discard:
                await jailer.DiscardAsync(discard.Directory);
                return true;
            case Trust trust:
                await jailer.TrustAsync(trust.Certificate);
                return true;
            default:
                throw new IOException("The server asked what no jailer answers.");
        }
    }

    async Task StartSlotAsync(StartSlot start)
    {
        var (process, control, listeners, serveSocket) = await jailer.StartSlotAsync(start.Order, CancellationToken.None);
        var sockets = new List<Socket> { process.Output, process.Error, control };
        if (listeners is not null)
            sockets.AddRange([.. listeners.Tcp, .. listeners.DnsUdp, .. listeners.DnsTcp]);
        Hand(start.Id, start.Order.Name, process, mounts.WithinNamespace(serveSocket), sockets);
    }

    async Task StartBuilderAsync(StartBuilder start)
    {
        var process = await jailer.StartBuilderAsync(start.Order, CancellationToken.None);
        Hand(start.Id, start.Order.Name, process, null, [process.Output, process.Error]);
    }

    // From here on the sockets are the server's; ours are closed.
    void Hand(long id, string name, IJailed process, string? serveSocket, List<Socket> sockets)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        living[name] = (process, told.Task);
        Say(new Answer(id, null, ServeSocket: serveSocket, CpuUsageFile: process.CpuUsageFile, MemoryStatFile: process.MemoryStatFile), [.. sockets.Select(socket => (int)socket.Handle)]);
        sockets.ForEach(socket => socket.Dispose());
        _ = TellEndAsync(name, process, told);
    }

    async Task TellEndAsync(string name, IJailed process, TaskCompletionSource told)
    {
        Say(new Exited(name, await process.Exited));
        told.SetResult();
    }

    IJailed Find(string name) => living.TryGetValue(name, out var found) ? found.Process : throw new IOException($"There is no jail {name}.");

    void Say(Statement statement, params ReadOnlySpan<int> descriptors)
    {
        try
        {
            channel.Send(JsonSerializer.SerializeToUtf8Bytes(statement, JailerJson.Default.Statement), descriptors);
        }
        catch (IOException)
        {
            // The server is gone: Run sees it too, and then nothing of this is left.
        }
    }

    static partial class Log
    {
        [LoggerMessage(4050, LogLevel.Error, "The jailer could not do {Question}")]
        public static partial void Failed(ILogger logger, string question, Exception exception);
    }
}
