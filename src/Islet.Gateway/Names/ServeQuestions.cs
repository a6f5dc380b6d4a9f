using System.Net;
using System.Net.Sockets;
using Islet.Gateway.Slots;

namespace Islet.Gateway.Names;

/// <summary>The DNS side of a slot: datagrams, and streams with several questions each.</summary>
sealed class ServeQuestions(AnswerQuestion answer, Surroundings surroundings)
{
    static readonly TimeSpan StreamIdle = TimeSpan.FromSeconds(10);

    /// <summary>Ends when the socket is closed.</summary>
    public async Task ReceiveAsync(Slot slot, Socket socket)
    {
        var buffer = new byte[DnsQuery.MaxBytes];
        while (true)
        {
            var sender = new SocketAddress(socket.AddressFamily);
            try
            {
                var length = await socket.ReceiveFromAsync(buffer, SocketFlags.None, sender, slot.Closing);
                await Task.Yield(); // sockets complete inline, see docs/decisions/0004
                _ = AnswerAsync(slot, socket, buffer.AsMemory(0, length).ToArray(), sender);
                await slot.PaceQuestionsAsync();
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException || slot.IsClosed)
            {
                return;
            }
            catch (SocketException)
            {
                // of one datagram, such as one that is too long; the pause keeps a broken socket from spinning
                await Task.Delay(surroundings.Pause, CancellationToken.None);
            }
        }
    }

    async Task AnswerAsync(Slot slot, Socket socket, byte[] question, SocketAddress sender)
    {
        try
        {
            if (await answer.RunAsync(slot, question, byUdp: true, slot.Closing) is { } bytes)
                await socket.SendToAsync(bytes, SocketFlags.None, sender, slot.Closing);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // the slot is gone, or does not take its answer; it would ask again
        }
    }

    /// <summary>One stream. Answers go out as they are found, each whole (RFC 7766 6.2.1.1, 7).</summary>
    public async Task ServeStreamAsync(Slot slot, Socket socket)
    {
        if (!slot.TryBeginStream())
        {
            Sockets.Reset(socket);
            return;
        }

        using var writing = new SemaphoreSlim(1);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(slot.Closing);
        var answers = new List<Task>();
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            while (true)
            {
                limit.CancelAfter(StreamIdle);
                var question = await DnsFrame.ReadAsync(stream, DnsQuery.MaxBytes, limit.Token);
                await Task.Yield();
                if (question is null)
                    break;
                answers.RemoveAll(done => done.IsCompleted);
                if (answers.Count >= Slot.MaxQuestions)
                    break;
                answers.Add(AnswerAsync(slot, stream, writing, question, limit));
                await slot.PaceQuestionsAsync();
            }

            await Task.WhenAll(answers);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // gone, or silent for too long
            await Task.WhenAll(answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            slot.EndStream();
        }
    }

    async Task AnswerAsync(Slot slot, NetworkStream stream, SemaphoreSlim writing, byte[] question, CancellationTokenSource limit)
    {
        if (await answer.RunAsync(slot, question, byUdp: false, slot.Closing) is not { } bytes)
            return;
        await writing.WaitAsync(limit.Token);
        try
        {
            limit.CancelAfter(StreamIdle);
            await stream.WriteAsync(DnsFrame.Of(bytes), limit.Token);
        }
        finally
        {
            writing.Release();
        }
    }
}
