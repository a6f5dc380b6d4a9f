namespace Islet.ControlPlane.Logs;

/// <summary>What the log room may use. All bounds are per node.</summary>
public sealed class LogsOptions
{
    /// <summary>File of the telemetry database. Created with mode 0600 when it is not there.</summary>
    public string TelemetryPath { get; set; } = "telemetry.db";

    /// <summary>Region that this node's lines carry. One of <see cref="Regions.All"/>: strict clients refuse others.</summary>
    public string Region { get; set; } = Regions.Default;

    /// <summary>Application lines older than this are neither found nor kept. Whole UTC days are dropped at once.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How long lines gather before one transaction stores them.</summary>
    public TimeSpan Gather { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Lines that may wait for the disk; more are dropped and counted.</summary>
    public int QueuedLines { get; set; } = 50_000;

    /// <summary>UTF-16 characters of messages that may wait for the disk.</summary>
    public int QueuedCharacters { get; set; } = 16 * 1024 * 1024;

    /// <summary>Waiting lines of one deployment, so that one flood does not cost the neighbours' lines.</summary>
    public int QueuedLinesPerDeployment { get; set; } = 5_000;

    /// <summary>Lines that may wait for one live reader; it is told how many it missed.</summary>
    public int TailBuffer { get; set; } = 1_024;

    /// <summary>Live readers of one deployment.</summary>
    public int TailsPerDeployment { get; set; } = 32;

    /// <summary>Searches at one time; others wait.</summary>
    public int ConcurrentSearches { get; set; } = 4;

    /// <summary>Stored lines one search may look at. A longer search is continued by its cursor.</summary>
    public int ScannedLines { get; set; } = 500_000;

    /// <summary>UTF-16 characters of messages in one page. A longer page is continued by its cursor.</summary>
    public int PageCharacters { get; set; } = 8 * 1024 * 1024;

    /// <summary>Egress records that may wait for the disk; more are dropped and counted.</summary>
    public int QueuedEgressRecords { get; set; } = 20_000;

    /// <summary>Waiting egress records of one deployment, so that one flood does not cost the neighbours' records.</summary>
    public int QueuedEgressRecordsPerDeployment { get; set; } = 2_000;

    /// <summary>Throws when a value cannot work.</summary>
    public void Validate()
    {
        if (!Regions.All.Contains(Region))
            throw new InvalidOperationException($"Logs: region '{Region}' is not one of the published regions.");
        if (Retention < TimeSpan.FromDays(1) || Gather < TimeSpan.FromMilliseconds(1) || Gather > TimeSpan.FromSeconds(10))
            throw new InvalidOperationException("Logs: Retention is at least a day, Gather 1 ms to 10 s.");
        int[] positive = [QueuedLines, QueuedCharacters, QueuedLinesPerDeployment, TailBuffer, TailsPerDeployment,
            ConcurrentSearches, ScannedLines, PageCharacters, QueuedEgressRecords, QueuedEgressRecordsPerDeployment];
        if (positive.Any(bound => bound < 1))
            throw new InvalidOperationException("Logs: every bound is at least 1.");
    }
}
