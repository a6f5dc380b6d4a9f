using Islet.ControlPlane.Organizations;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Usage;

/// <summary>
/// What one project used in one quarter of an hour. It outlives its project: the organization's past does not change
/// when a project is deleted.
/// </summary>
public sealed class UsageRow
{
    public required OrganizationId OrganizationId { get; init; }

    public required ProjectId ProjectId { get; init; }

    /// <summary>Begin of the quarter.</summary>
    public required DateTimeOffset Time { get; init; }

    public required long Requests { get; set; }

    public required long CpuMicroseconds { get; set; }

    public required long UptimeMicroseconds { get; set; }

    public required long MaxRss { get; set; }

    public required long Ingress { get; set; }

    public required long Egress { get; set; }

    public long KvReads { get; set; }

    public long KvWrites { get; set; }

    public long KvReadUnits { get; set; }

    public long KvWriteUnits { get; set; }

    public long KvStorage { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<UsageRow>
    {
        public void Configure(EntityTypeBuilder<UsageRow> entity)
        {
            entity.ToTable("Usage");
            entity.HasKey(row => new { row.ProjectId, row.Time });
            entity.HasIndex(row => new { row.OrganizationId, row.Time });
            entity.HasIndex(row => row.Time);
            entity.HasOne<Organization>().WithMany().HasForeignKey(row => row.OrganizationId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
