using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Islet.Isolates;

/// <summary>Section <c>Islet:Isolates</c>. The server fills in the data directory and the path of Deno.</summary>
public sealed class IsolatesOptions
{
    /// <summary>Absolute path. Slots live in its <c>run/</c>, which is emptied at each start.</summary>
    [Required]
    public string DataDirectory { get; set; } = "";

    /// <summary>Absolute path of what the server shares with other nodes, beside its data directory; null: nothing. Jails never see it.</summary>
    public string? SharedDirectory { get; set; }

    /// <summary>Absolute path of the Deno executable. All isolates share this one file's pages in memory.</summary>
    [Required]
    public string DenoPath { get; set; } = "";

    /// <summary>Slots kept booted ahead of need. Each costs about 9 MiB.</summary>
    [Range(0, 100)]
    public int WarmSlots { get; set; } = 2;

    /// <summary>Isolates that may live on this node at once, warm slots not counted.</summary>
    [Range(1, 4000)]
    public int MaxIsolates { get; set; } = 200;

    /// <summary>Bytes an isolate may use, its private file systems included. V8's heap gets 65 % of it.</summary>
    [Range(64L << 20, 64L << 30)]
    public long MemoryLimit { get; set; } = 512L << 20;

    /// <summary>Threads an isolate may have.</summary>
    [Range(32, 4096)]
    public int PidsLimit { get; set; } = 128;

    /// <summary>Processor cores an isolate may use.</summary>
    [Range(0.01, 1024)]
    public double CpuQuota { get; set; } = 1;

    /// <summary>From assignment to a listening server; also for the boot of a slot.</summary>
    public TimeSpan BootTimeLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long holders of a drained isolate have to finish.</summary>
    public TimeSpan DrainGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>From SIGTERM to SIGKILL.</summary>
    public TimeSpan TermGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of an isolate's private <c>/tmp</c>. They count against the memory limit.</summary>
    [Range(1L << 20, 16L << 30)]
    public long TmpSize { get; set; } = 64L << 20;

    /// <summary>First of the user ids that slots run as when the server is root: one for each slot.</summary>
    [Range(1000, 2_000_000_000)]
    public int UidBase { get; set; } = 61_000;

    /// <summary>Whether the gateway takes what Deno's exporter sends, so that console lines have levels and traces.</summary>
    public bool Telemetry { get; set; }

    /// <summary>Certificate of this node's own authority, which programs trust beside the public ones (PEM); null: none.</summary>
    public string? PlatformCertificate { get; set; }

    /// <summary>User id of the server that these jails are made for; null: the one of this process.</summary>
    public uint? ServerUid { get; set; }

    /// <summary>Run without a jail where none can be made. Only for programs you trust.</summary>
    public bool AllowNoJail { get; set; }

    /// <summary>Walls to leave out, so that the self test can show that the others hold alone: names of <see cref="Sandbox.Walls"/>.</summary>
    public IList<string> WithoutWalls { get; } = [];

    /// <summary>Name of this place, as clients see it.</summary>
    [Required]
    public string Region { get; set; } = "gcp-us-east4";
}

[OptionsValidator]
internal sealed partial class IsolatesOptionsValidator : IValidateOptions<IsolatesOptions>;
