using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Islet.Contracts;
using Islet.Isolates.Linux;
using Islet.Isolates.Starting;
using Microsoft.Win32.SafeHandles;

namespace Islet.Isolates.Jailing.Remote;

/// <summary>
/// The server's side of a jailer in a process of its own: a message for each question, descriptors for what was started.
/// When the jailer is gone there is nothing left to serve with, and the process ends.
/// </summary>
internal sealed class JailerClient : IJailer, IDisposable
{
    readonly DescriptorChannel channel;
    readonly Lock guard = new();
    readonly Dictionary<long, TaskCompletionSource<(Answer Answer, int[] Descriptors)>> waiting = [];
    readonly ConcurrentDictionary<string, RemoteJailed> living = new(StringComparer.Ordinal);
    long lastId;
    volatile bool closing;

    /// <summary>Waits for the jailer's first words.</summary>
    /// <param name="descriptor">Our end of the channel.</param>
    /// <exception cref="IOException">The jailer ended before it said any.</exception>
    public JailerClient(int descriptor)
    {
        channel = new DescriptorChannel(descriptor);
        Status = channel.Receive(out var message, out _) && Read(message) is Ready ready ? ready.Status : throw new IOException("The jailer ended.");
        new Thread(Listen) { IsBackground = true, Name = "islet-jailer-client" }.Start();
    }

    public JailStatus Status { get; }

    public async Task<StartedSlot> StartSlotAsync(SlotOrder order, CancellationToken cancellation)
    {
        var (answer, descriptors) = await AskAsync(new StartSlot(order));
        var sockets = descriptors.Select(descriptor => new Socket(new SafeSocketHandle(descriptor, ownsHandle: true))).ToList();
        var jailed = Adopt(order.Name, answer, sockets);
        return new StartedSlot(jailed, sockets[2], ListenersOf(sockets[3..]), answer.ServeSocket!);
    }

    public async Task<IJailed> StartBuilderAsync(BuilderOrder order, CancellationToken cancellation)
    {
        var (answer, descriptors) = await AskAsync(new StartBuilder(order));
        return Adopt(order.Name, answer, [.. descriptors.Select(descriptor => new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)))]);
    }

    public Task SealAsync(string directory, IReadOnlyList<string> paths) => AskAsync(new Seal(directory, paths));

    public Task DiscardAsync(string directory) => AskAsync(new Discard(directory));

    public Task TrustAsync(string certificate) => AskAsync(new Trust(certificate));

    /// <summary>Asks and waits. The answer says yes, or brings descriptors.</summary>
    /// <exception cref="SlotBootException">A slot did not come up.</exception>
    /// <exception cref="IOException">The jailer could not do it.</exception>
    public async Task<(Answer Answer, int[] Descriptors)> AskAsync(Question question)
    {
        var answered = new TaskCompletionSource<(Answer Answer, int[] Descriptors)>(TaskCreationOptions.RunContinuationsAsynchronously);
        long id;
        lock (guard)
        {
            id = ++lastId;
            waiting.Add(id, answered);
        }
        Tell(question with { Id = id });
        var (answer, descriptors) = await answered.Task;
        return answer.Failure is not { } failure ? (answer, descriptors)
            : answer.Boot ? throw new SlotBootException(failure) : throw new IOException(failure);
    }

    /// <summary>Says what needs no answer.</summary>
    public void Tell(Question question) => channel.Send(JsonSerializer.SerializeToUtf8Bytes(question, JailerJson.Default.Question), []);

    public void Forget(string name) => living.TryRemove(name, out _);

    /// <summary>The server ends: the jailer sees it and ends what is left.</summary>
    public void Dispose()
    {
        closing = true;
        channel.Dispose();
    }

    RemoteJailed Adopt(string name, Answer answer, List<Socket> sockets)
    {
        var jailed = living.GetOrAdd(name, static (name, client) => new RemoteJailed(client, name), this);
        jailed.Adopt(sockets[0], sockets[1], answer.CpuUsageFile, answer.MemoryStatFile);
        return jailed;
    }

    static SlotListeners? ListenersOf(List<Socket> sockets)
    {
        var families = sockets.Count / 3;
        return families == 0 ? null : new SlotListeners(sockets[..families], sockets[families..(2 * families)], sockets[(2 * families)..]);
    }

    void Listen()
    {
        try
        {
            while (channel.Receive(out var message, out var descriptors))
                Hear(Read(message), descriptors);
        }
        catch (Exception broken) when (broken is IOException or JsonException)
        {
            // Said below, as of a jailer that is gone.
        }
        if (!closing)
            Environment.FailFast("The jailer is gone: no isolate can be started or ended any more.");
    }

    void Hear(Statement statement, int[] descriptors)
    {
        switch (statement)
        {
            case Answer answer:
                TaskCompletionSource<(Answer, int[])>? answered;
                lock (guard)
                    waiting.Remove(answer.Id, out answered);
                if (answered?.TrySetResult((answer, descriptors)) != true)
                    DescriptorChannel.Close(descriptors);
                break;
            case Exited exited:
                // It may be heard of before the answer that it was started has been taken.
                living.GetOrAdd(exited.Name, static (name, client) => new RemoteJailed(client, name), this).SetExited(exited.End);
                break;
        }
    }

    static Statement Read(ReadOnlyMemory<byte> message) =>
        JsonSerializer.Deserialize(message.Span, JailerJson.Default.Statement) ?? throw new IOException("The jailer said nothing.");
}
