using System.Globalization;
using Islet.ControlPlane.Deployments;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Crons;

/// <summary>A <c>Deno.cron</c> of a deployment, as it was registered when the deployment was booted for the first time.</summary>
public sealed class Cron
{
    public required DeploymentId DeploymentId { get; init; }

    public required string Name { get; init; }

    public required ProjectId ProjectId { get; init; }

    /// <summary>In the order of registration.</summary>
    public required int Position { get; init; }

    /// <summary>See <see cref="CronSchedule"/>.</summary>
    public required string Schedule { get; init; }

    /// <summary>Milliseconds before each further try, with commas between.</summary>
    public required string BackoffText { get; init; }

    /// <summary>Whether the deployment is its project's production, or <see cref="ProductionDeployments.FindActingAsync">acts</see> as it, as the clock last saw it.</summary>
    public required bool Live { get; set; }

    /// <summary>Null: not <see cref="Live"/>, or its schedule means no moment at all.</summary>
    public DateTimeOffset? NextRunAt { get; set; }

    public IReadOnlyList<TimeSpan> Backoff =>
        [.. BackoffText.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text => TimeSpan.FromMilliseconds(long.Parse(text, CultureInfo.InvariantCulture)))];

    /// <param name="cron">One that <see cref="CronRules"/> are content with.</param>
    public static Cron Of(DeploymentId deployment, ProjectId project, int position, CronRegistration cron) => new()
    {
        DeploymentId = deployment,
        Name = cron.Name,
        ProjectId = project,
        Position = position,
        Schedule = cron.Schedule,
        BackoffText = string.Join(',', cron.Backoff),
        Live = false,
    };

    /// <summary>Null: never.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset moment) => CronSchedule.Parse(Schedule)?.NextAfter(moment);

    sealed class Configuration : IEntityTypeConfiguration<Cron>
    {
        public void Configure(EntityTypeBuilder<Cron> entity)
        {
            entity.ToTable("Crons");
            entity.HasKey(cron => new { cron.DeploymentId, cron.Name });
            entity.Property(cron => cron.Name).HasMaxLength(CronRules.MaxName);
            entity.Property(cron => cron.Schedule).HasMaxLength(CronRules.MaxSchedule);
            entity.Property(cron => cron.BackoffText).HasMaxLength(100);
            entity.Ignore(cron => cron.Backoff);
            entity.HasIndex(cron => cron.NextRunAt).HasFilter("\"NextRunAt\" IS NOT NULL");
            entity.HasIndex(cron => cron.ProjectId);
            entity.HasOne<Deployment>().WithMany().HasForeignKey(cron => cron.DeploymentId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
