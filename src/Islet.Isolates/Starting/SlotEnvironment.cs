using Islet.Contracts;

namespace Islet.Isolates.Starting;

/// <summary>Variables of a slot. All of them are visible to the program: nothing here may be a secret of the platform.</summary>
internal static class SlotEnvironment
{
    // Room for what is not V8's old space: buffers, code, the private file systems.
    const double HeapShare = 0.65;

    // Deno's own exporter tells the level and the trace of what is printed. The console alone would give no trace ids.
    // Requests are traced only when their visitor traces them: nobody here keeps spans, each would be work for nothing.
    static readonly (string Name, string Value)[] Telemetry =
    [
        ("OTEL_DENO", "true"),
        ("OTEL_DENO_CONSOLE", "capture"), // the exporter and the pipes
        ("OTEL_DENO_METRICS", "false"),
        ("OTEL_TRACES_SAMPLER", "parentbased_always_off"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel.islet.internal:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "100"), // milliseconds that records gather; lines wait for them
    ];

    /// <summary>Deno connects there before the program runs, registers each <c>Deno.cron</c> and waits to be told when one is due.</summary>
    public const string CronSocket = "DENO_UNSTABLE_CRON_SOCK";

    public const string CronAddress = "tcp:cron.islet.internal:9000";

    /// <summary>At the boot of the slot: what Deno reads before it knows its program.</summary>
    public static Dictionary<string, string> OfBoot(long memoryLimit) => new(StringComparer.Ordinal)
    {
        ["HOME"] = "/tmp",
        ["DENO_DIR"] = JailPaths.DenoDir,
        ["DENO_NO_UPDATE_CHECK"] = "1",
        ["NO_COLOR"] = "1",
        ["DENO_V8_FLAGS"] = $"--max-old-space-size={(long)(memoryLimit * HeapShare) >> 20}",
        ["DENO_UNSTABLE_CONTROL_SOCK"] = "unix:" + JailPaths.Platform + "/c.sock",
    };

    /// <summary>At assignment: the tenant's, then the platform's, which win.</summary>
    public static Dictionary<string, string> OfAssignment(IsolateSpec spec, string region, bool telemetry, bool certificate)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in spec.Environment)
            if (TenantMaySet(name, value))
                environment[name] = value;
        foreach (var (name, value) in spec.Artifact.Environment)
            environment[name] = value;
        if (telemetry)
            foreach (var (name, value) in Telemetry)
                environment[name] = value;
        if (certificate)
            environment["DENO_CERT"] = JailPaths.PlatformCertificate;
        SlotDatabase.AddTo(environment, spec.Database);
        environment["HOME"] = "/tmp";
        environment["DENO_SERVE_ADDRESS"] = "unix:" + JailPaths.ServeSocket;
        environment["DENO_AUTO_SERVE"] = "1";
        environment["DENO_DEPLOYMENT_ID"] = spec.Deployment.Value;
        environment["DENO_REGION"] = region.StartsWith("gcp-", StringComparison.Ordinal) ? region[4..] : region;
        return environment;
    }

    // Names that steer the runtime or the loader are the platform's. '=' and NUL cannot be in a name at all.
    static bool TenantMaySet(string name, string value) =>
        name.Length > 0
        && !name.StartsWith("DENO_", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("LD_", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase)
        && name.AsSpan().IndexOfAny('=', '\0') < 0
        && !value.Contains('\0', StringComparison.Ordinal);
}
