using Islet.Kv.Engine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.Kv.Queues;

/// <summary>
/// Opens databases with messages that nobody on this node has looked at: after a start, and those that another node has left.
/// An open one knows when its next message is due.
/// </summary>
sealed partial class FindMessages(KvDatabases databases, TimeProvider time, ILogger<FindMessages> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var id in await databases.WithMessagesAsync(stoppingToken))
                    (await databases.OpenAsync(id, stoppingToken)).Dispose();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                Log.NotFound(log, problem); // looked for again
            }
            await Task.Delay(Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static partial class Log
    {
        [LoggerMessage(6031, LogLevel.Error, "Databases with messages could not be looked for")]
        public static partial void NotFound(ILogger log, Exception problem);
    }
}
