using Islet.Contracts;
using Islet.ControlPlane.Logs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Islet.Tests.Logs;

/// <summary>The log room on a real telemetry.db in a directory of its own.</summary>
sealed class LogRoom : IAsyncDisposable
{
    public static readonly DeploymentId Mine = new("aaaaaaaaaaaa");
    public static readonly DeploymentId Other = new("bbbbbbbbbbbb");

    readonly string directory = Directory.CreateTempSubdirectory("islet-logs-").FullName;

    public LogRoom(Action<LogsOptions>? change = null, TimeProvider? clock = null)
    {
        Clock = clock ?? TimeProvider.System;
        Options = new LogsOptions { TelemetryPath = Path.Combine(directory, "telemetry.db"), Gather = TimeSpan.FromMilliseconds(20) };
        change?.Invoke(Options);
        Options.Validate();
        Open();
    }

    public LogsOptions Options { get; }

    public TimeProvider Clock { get; }

    public TelemetryDb Telemetry { get; private set; } = null!;

    public LogTail Tail { get; private set; } = null!;

    public LogWriter Writer { get; private set; } = null!;

    public LogSearch Search { get; private set; } = null!;

    public BuildLogs Builds { get; private set; } = null!;

    /// <summary>As after a start of the server on the same files.</summary>
    public void Restart()
    {
        Close();
        Open();
    }

    public void Write(DeploymentId deployment, string message, DateTimeOffset? time = null, LogSeverity severity = LogSeverity.Info) =>
        Writer.Write(new LogLine(deployment, time ?? Clock.GetUtcNow(), severity, message));

    /// <summary>Runs the writer until all that was written is stored.</summary>
    public async Task StoreAsync()
    {
        await Writer.StartAsync(default);
        await Writer.StopAsync(default);
    }

    public Task<LogPage> FindAsync(int limit = 10_000, bool descending = false, LogFilter? filter = null, LogCursor? after = null,
        DateTimeOffset? since = null, DateTimeOffset? until = null, DeploymentId? deployment = null) =>
        Search.FindAsync(new LogQuery(deployment ?? Mine, since ?? DateTimeOffset.UnixEpoch, until ?? DateTimeOffset.MaxValue,
            filter ?? LogFilter.Everything, limit, descending, after), default);

    /// <summary>All pages of one walk; calls <paramref name="between"/> after each.</summary>
    public async Task<List<string>> WalkAsync(int limit, bool descending, Func<Task>? between = null, LogFilter? filter = null)
    {
        var messages = new List<string>();
        LogCursor? after = null;
        do
        {
            var page = await FindAsync(limit, descending, filter, after);
            messages.AddRange(page.Lines.Select(line => line.Message));
            after = page.Next;
            if (between is not null)
                await between();
        }
        while (after is not null);
        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.StopAsync(default);
        Close();
        Directory.Delete(directory, recursive: true);
    }

    void Open()
    {
        Telemetry = new TelemetryDb(Options);
        Tail = new LogTail(Options, Clock);
        Writer = new LogWriter(Telemetry, Tail, Options, Clock, NullLogger<LogWriter>.Instance);
        Search = new LogSearch(Telemetry, Options, Clock);
        Builds = new BuildLogs(Telemetry, Clock);
    }

    void Close()
    {
        Writer.Dispose();
        Search.Dispose();
        Telemetry.Dispose();
    }
}

/// <summary>A clock that stands where it is put; its timers are those of the system.</summary>
sealed class SetClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
