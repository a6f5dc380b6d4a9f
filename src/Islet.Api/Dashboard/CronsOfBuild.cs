using System.Text.Json.Serialization;
using Islet.ControlPlane.Crons;

namespace Islet.Api.Dashboard;

/// <summary>A cron as deployctl reads it: each run is a list of tries.</summary>
sealed record CronOfBuild(
    [property: JsonPropertyName("cron_spec")] CronOfBuild.SpecWire Spec, CronOfBuild.StatusWire Status, IReadOnlyList<IReadOnlyList<CronOfBuild.TryWire>> History)
{
    public static CronOfBuild Of(CronView cron) => new(
        new(cron.Name, cron.Schedule),
        StatusOf(cron),
        cron.LastRun is { Status: not CronRunStatus.Running } run ? [[TryOf(run)]] : []);

    static StatusWire StatusOf(CronView cron) =>
        cron.LastRun is { Status: CronRunStatus.Running } running ? new("executing", null, [TryOf(running)])
        : cron.NextRunAt is { } next ? new("scheduled", next.ToUnixTimeMilliseconds(), null)
        : new("unscheduled", null, null);

    static TryWire TryOf(CronRun run) => new(
        run.Status switch
        {
            CronRunStatus.Running => "executing",
            CronRunStatus.Succeeded => "success",
            CronRunStatus.Failed => "failure",
        },
        run.StartedAt.ToUnixTimeMilliseconds(), (run.EndedAt ?? run.HeardAt).ToUnixTimeMilliseconds(), run.Error, run.DeploymentId.Value);

    public sealed record SpecWire(string Name, string Schedule);

    public sealed record StatusWire(string Status, [property: JsonPropertyName("deadline_ms")] long? Deadline, IReadOnlyList<TryWire>? Retries);

    public sealed record TryWire(
        string Status,
        [property: JsonPropertyName("start_ms")] long Start,
        [property: JsonPropertyName("end_ms")] long End,
        [property: JsonPropertyName("error_message")] string? Error,
        [property: JsonPropertyName("deployment_id")] string Deployment);
}
