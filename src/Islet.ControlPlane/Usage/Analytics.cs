using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Usage;

/// <summary>What an organization or a project used in one quarter of an hour; times in microseconds.</summary>
public sealed record QuarterView(
    DateTimeOffset Time, long Requests, long CpuMicroseconds, long UptimeMicroseconds, long MaxRss, long Ingress, long Egress,
    long KvReads, long KvWrites, long KvReadUnits, long KvWriteUnits, long KvStorage);

/// <summary>Usage by quarters, one row for each quarter of the range, also for those without any.</summary>
public sealed class Analytics(IsletDb db, Projects.Projects projects, TimeProvider time)
{
    static readonly TimeSpan Day = TimeSpan.FromHours(24);

    /// <summary>The range may have 24 hours.</summary>
    public async Task<Outcome<IReadOnlyList<QuarterView>>> OfOrganizationAsync(
        Caller caller, OrganizationId id, DateTimeOffset? since, DateTimeOffset? until, CancellationToken cancellation)
    {
        var organization = caller.OnlyProject is null
            ? await db.Organizations.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation)
            : null;
        if (organization is null)
            return Organizations.Organizations.NotFound(id);
        if (RangeOf(since, until).IsRefused(out var refusal, out var range))
            return refusal;
        if (range.Until - range.Since > Day)
            return new Refusal(RefusalCode.BadRequest, "since must not be more than 24 hours before until", "since");
        return await ReadAsync(db.Usage.Where(row => row.OrganizationId == id), range, organization.CreatedAt, cancellation);
    }

    /// <summary>Rows begin with the project, at most 90 days ago.</summary>
    public async Task<Outcome<IReadOnlyList<QuarterView>>> OfProjectAsync(
        Caller caller, string idOrName, DateTimeOffset? since, DateTimeOffset? until, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, idOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        if (RangeOf(since, until).IsRefused(out refusal, out var range))
            return refusal;
        var views = await ReadAsync(db.Usage.Where(row => row.ProjectId == project.Id), range, project.CreatedAt, cancellation);
        if (await DatabaseOfAsync(project.Id, cancellation) is not { } database)
            return views;
        var stored = await db.Usage.Where(row => row.ProjectId == database && row.Time >= range.Since - UsageQuarters.Length).ToDictionaryAsync(row => row.Time, row => row.KvStorage, cancellation);
        return views.ConvertAll(view => view with { KvStorage = stored.GetValueOrDefault(view.Time) });
    }

    /// <summary>What databases hold is counted under their own ids: several projects may share one. The newest deployment tells which.</summary>
    async Task<ProjectId?> DatabaseOfAsync(ProjectId project, CancellationToken cancellation)
    {
        var databases = await db.Deployments.Where(row => row.ProjectId == project)
            .OrderByDescending(row => row.CreatedAt).Select(row => row.Databases).FirstOrDefaultAsync(cancellation);
        return databases?.Values.FirstOrDefault() is { } id ? new ProjectId(Guid.ParseExact(id, "D")) : null;
    }

    Outcome<Range> RangeOf(DateTimeOffset? since, DateTimeOffset? until)
    {
        var end = until ?? time.GetUtcNow();
        var begin = since ?? (end - DateTimeOffset.MinValue > Day ? end - Day : DateTimeOffset.MinValue);
        return begin <= end ? new Range(begin, end) : new Refusal(RefusalCode.BadRequest, "since must not be later than until", "since");
    }

    async Task<List<QuarterView>> ReadAsync(IQueryable<UsageRow> rows, Range range, DateTimeOffset born, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var oldest = now - UsageWriter.Retention;
        var first = UsageQuarters.Of(Max(range.Since, Max(born, oldest)));
        var end = range.Until < now ? range.Until : now;
        var sums = await rows.Where(row => row.Time >= first && row.Time < end).GroupBy(row => row.Time).Select(quarter => new QuarterView(
            quarter.Key,
            quarter.Sum(row => row.Requests),
            quarter.Sum(row => row.CpuMicroseconds),
            quarter.Sum(row => row.UptimeMicroseconds),
            quarter.Max(row => row.MaxRss),
            quarter.Sum(row => row.Ingress),
            quarter.Sum(row => row.Egress),
            quarter.Sum(row => row.KvReads),
            quarter.Sum(row => row.KvWrites),
            quarter.Sum(row => row.KvReadUnits),
            quarter.Sum(row => row.KvWriteUnits),
            quarter.Sum(row => row.KvStorage))).ToDictionaryAsync(quarter => quarter.Time, cancellation);

        var views = new List<QuarterView>();
        for (var quarter = first; quarter < end; quarter += UsageQuarters.Length)
            views.Add(sums.GetValueOrDefault(quarter) ?? new(quarter, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        return views;
    }

    static DateTimeOffset Max(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    sealed record Range(DateTimeOffset Since, DateTimeOffset Until);
}
