using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Crons;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// What <c>Deno.cron</c> registered in a project's production deployment, and how its runs were.
/// <code>
///   GET   …/crons             200  [ { "name", "schedule", "backoffSchedule", "deploymentId", "nextRunAt", "lastRun": a run or null } ]
///   GET   …/crons/NAME/runs   200  [ { "id", "deploymentId", "trigger", "status", "dueAt", "startedAt", "endedAt", "attempts", "error" } ]
///   POST  …/crons/NAME/run    202  the run, which has begun; 409 while another of this cron is under way
/// </code>
/// <c>trigger</c> is <c>schedule</c> or <c>manual</c>, <c>status</c> is <c>running</c>, <c>succeeded</c> or <c>failed</c>. A run
/// with a backoff runs until its last try. Times of schedules are UTC.
/// </summary>
static class CronEndpoints
{
    const string Tag = "project";
    const string Path = "/projects/{projectId}/crons";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead(Path, List)
            .Describe("list_crons", Tag, "List crons of a project's production deployment").AnswersMany<CronWire>();
        group.MapRead(Path + "/{name}/runs", Runs)
            .Describe("list_cron_runs", Tag, "List runs of a cron, the newest first").AnswersMany<CronRunWire>()
            .Asks("limit", Schemas.Integer(minimum: 1, maximum: 100).Nullable().Default(100), "The most runs of an answer");
        group.MapPost(Path + "/{name}/run", Run)
            .Describe("run_cron", Tag, "Run a cron now").Begins<CronRunWire>().Fails(409)
            .Says("Answers when the run has begun; its row tells how it goes on.");
    }

    static async Task<IResult> List(string projectId, HttpContext http, Crons crons, CancellationToken cancellation)
    {
        var outcome = await crons.ListAsync(http.Caller(), projectId, cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(outcome.Value.Select(CronWire.Of));
    }

    static async Task<IResult> Runs(string projectId, string name, HttpContext http, Crons crons, CancellationToken cancellation)
    {
        var limit = new QueryParameters(http.Request.Query).Integer("limit", 1, 100) ?? 100;
        var outcome = await crons.RunsAsync(http.Caller(), projectId, name, limit, cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Ok(outcome.Value.Select(CronRunWire.Of));
    }

    static async Task<IResult> Run(string projectId, string name, HttpContext http, Crons crons, CancellationToken cancellation)
    {
        var outcome = await crons.RunNowAsync(http.Caller(), projectId, name, cancellation);
        return outcome.IsRefused(out var refusal) ? IsletErrors.Refused(refusal) : ApiJson.Of(StatusCodes.Status202Accepted, CronRunWire.Of(outcome.Value));
    }
}

[Component("Cron")]
sealed record CronWire(
    string Name, string Schedule, IEnumerable<long> BackoffSchedule, string DeploymentId, DateTimeOffset? NextRunAt, CronRunWire? LastRun)
{
    public static CronWire Of(CronView cron) => new(
        cron.Name, cron.Schedule, cron.Backoff.Select(delay => (long)delay.TotalMilliseconds), cron.Deployment.Value, cron.NextRunAt,
        cron.LastRun is { } run ? CronRunWire.Of(run) : null);
}

[Component("CronRun")]
sealed record CronRunWire(
    Guid Id, string DeploymentId, string Trigger, string Status, DateTimeOffset? DueAt, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, int Attempts, string? Error)
{
    public static CronRunWire Of(CronRun run) => new(
        run.Id, run.DeploymentId.Value, run.DueAt is null ? "manual" : "schedule", NameOf(run.Status), run.DueAt, run.StartedAt, run.EndedAt, run.Attempts,
        run.Error);

    static string NameOf(CronRunStatus status) => status switch
    {
        CronRunStatus.Running => "running",
        CronRunStatus.Succeeded => "succeeded",
        CronRunStatus.Failed => "failed",
    };
}
