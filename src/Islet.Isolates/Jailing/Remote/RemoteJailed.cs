using System.Net.Sockets;

namespace Islet.Isolates.Jailing.Remote;

/// <summary>A process that the jailer has started for this server.</summary>
internal sealed class RemoteJailed(JailerClient jailer, string name) : IJailed
{
    readonly TaskCompletionSource<JailEnd> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Socket Output { get; private set; } = null!; // set before anybody gets this

    public Socket Error { get; private set; } = null!;

    public string? CpuUsageFile { get; private set; }

    public string? MemoryStatFile { get; private set; }

    public Task<JailEnd> Exited => exited.Task;

    // There is no jailer of its own without a jail, and in a jail words mean what they say.
    public string Inside(string text) => text;

    public string Said(string text) => text;

    public async Task PutAsync(string artifact) => await jailer.AskAsync(new Put(name, artifact));

    public async Task<bool> PublishAsync() => (await jailer.AskAsync(new Publish(name))).Answer.Yes;

    public async Task LimitMemoryAsync(long bytes) => await jailer.AskAsync(new LimitMemory(name, bytes));

    public async Task LimitTmpAsync(long bytes) => await jailer.AskAsync(new LimitTmp(name, bytes));

    public void Terminate() => jailer.Tell(new Terminate(name));

    public void Kill() => jailer.Tell(new Kill(name));

    public async ValueTask DisposeAsync()
    {
        await jailer.AskAsync(new End(name));
        jailer.Forget(name);
    }

    internal void Adopt(Socket output, Socket error, string? cpuUsageFile, string? memoryStatFile) =>
        (Output, Error, CpuUsageFile, MemoryStatFile) = (output, error, cpuUsageFile, memoryStatFile);

    internal void SetExited(JailEnd end) => exited.TrySetResult(end);
}
