using Islet.ControlPlane.Projects;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Crons;

public enum CronRunStatus
{
    /// <summary>Its handler runs, or waits for its next try.</summary>
    Running = 0,

    Succeeded = 1,

    Failed = 2,
}

/// <summary>One run of a cron, with all its tries. While it has no end, no other of the same name runs in the project.</summary>
public sealed class CronRun
{
    public const int MaxError = 1000;

    /// <summary>Also the trace that its log lines carry.</summary>
    public required Guid Id { get; init; }

    public required ProjectId ProjectId { get; init; }

    public required string Name { get; init; }

    public required DeploymentId DeploymentId { get; init; }

    /// <summary>When it was due; null: somebody asked for it.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; set; }

    public required CronRunStatus Status { get; set; }

    public required int Attempts { get; set; }

    /// <summary>Of the last try.</summary>
    public string? Error { get; set; }

    /// <summary>Node that runs it.</summary>
    public required string Node { get; init; }

    /// <summary>When that node last said that it is at work.</summary>
    public required DateTimeOffset HeardAt { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<CronRun>
    {
        public void Configure(EntityTypeBuilder<CronRun> entity)
        {
            entity.ToTable("CronRuns");
            entity.Property(run => run.Id).ValueGeneratedNever();
            entity.Property(run => run.Name).HasMaxLength(CronRules.MaxName);
            entity.Property(run => run.Error).HasMaxLength(MaxError);
            entity.Property(run => run.Node).HasMaxLength(100);
            entity.HasIndex(run => new { run.ProjectId, run.Name, run.StartedAt });
            entity.HasIndex(run => run.EndedAt);
            entity.HasIndex(run => new { run.ProjectId, run.Name }).IsUnique().HasFilter("\"EndedAt\" IS NULL").HasDatabaseName("IX_CronRuns_Open");
            entity.HasOne<Project>().WithMany().HasForeignKey(run => run.ProjectId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
