using System.Collections.Concurrent;

namespace Islet.Isolates.Linux;

/// <summary>One thread that does what depends on a thread in Linux: namespaces, death signals, file system ids. First come, first served.</summary>
internal sealed class OwnThread : IDisposable
{
    readonly BlockingCollection<Action> work = [];
    readonly Thread thread;

    public OwnThread(string name)
    {
        thread = new Thread(Run) { IsBackground = true, Name = name };
        thread.Start();
    }

    public Task<T> RunAsync<T>(Func<T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                done.SetResult(function());
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        });
        return done.Task;
    }

    public Task RunAsync(Action action) => RunAsync(() =>
    {
        action();
        return true;
    });

    /// <summary>Ends the thread when what waits is done.</summary>
    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join();
        work.Dispose();
    }

    void Run()
    {
        foreach (var action in work.GetConsumingEnumerable())
            action();
    }
}
