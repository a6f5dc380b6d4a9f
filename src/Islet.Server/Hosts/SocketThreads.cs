namespace Islet.Server.Hosts;

/// <summary>
/// The threads on which the sockets of this process complete also run what follows: a relayed request costs no hop to
/// the thread pool (a third more requests per second). The price is a rule, see docs/decisions/0004: whoever does more
/// than relay leaves these threads first.
/// </summary>
static class SocketThreads
{
    /// <summary>Call it before the process makes its first socket: the runtime reads this once.</summary>
    public static void RunContinuationsInline()
    {
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", Environment.ProcessorCount.ToString());
    }

    /// <summary>Runs a part of the pipeline on the thread pool, and brings it back there after each of its awaits.</summary>
    public static async Task LeaveAsync(RequestDelegate next, HttpContext context)
    {
        if (!Thread.CurrentThread.IsThreadPoolThread) // streams of HTTP/2 begin there
            await Task.Yield();
        SynchronizationContext.SetSynchronizationContext(OnThreadPool.Instance);
        await next(context);
    }

    sealed class OnThreadPool : SynchronizationContext
    {
        public static readonly OnThreadPool Instance = new();

        public override void Post(SendOrPostCallback d, object? state) => ThreadPool.UnsafeQueueUserWorkItem(
            static work =>
            {
                SetSynchronizationContext(Instance); // the pool resets it behind each work item
                work.d(work.state);
            },
            (d, state), preferLocal: true);

        public override SynchronizationContext CreateCopy() => this;
    }
}
