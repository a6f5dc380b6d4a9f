using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Limits;

/// <summary>Limits that somebody has set. Null: inherited. Units are those of the wire: milliseconds, bytes, counts.</summary>
public abstract class LimitColumns
{
    public long? CpuMsPerRequest { get; set; }

    public long? CpuMsPerRequestHard { get; set; }

    public long? RequestTimeoutMs { get; set; }

    public long? EventLoopBlockedMs { get; set; }

    public long? MemoryBytes { get; set; }

    public long? ConcurrentRequests { get; set; }

    public long? RequestsPerSecond { get; set; }

    public long? ConnectionsPerSecond { get; set; }

    public long? EgressConnections { get; set; }

    public long? EgressConnectionsPerSecond { get; set; }

    public long? EgressBytesPerHour { get; set; }

    public long? LogLinesPerSecond { get; set; }

    public long? TmpBytes { get; set; }
}

/// <summary>What an operator has set for an organization: the most that its projects may have.</summary>
public sealed class OrganizationLimits : LimitColumns
{
    public required OrganizationId OrganizationId { get; init; }

    public long? LiveIsolates { get; set; }

    public long? AssetBytes { get; set; }

    public long? KvBytes { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<OrganizationLimits>
    {
        public void Configure(EntityTypeBuilder<OrganizationLimits> entity)
        {
            entity.ToTable("OrganizationLimits");
            entity.HasKey(limits => limits.OrganizationId);
            entity.Property(limits => limits.OrganizationId).ValueGeneratedNever();
            entity.HasOne<Organization>().WithOne().HasForeignKey<OrganizationLimits>(limits => limits.OrganizationId);
        }
    }
}

/// <summary>What a tenant has set for one of its projects. It counts only as far as the organization's limits reach.</summary>
public sealed class ProjectOverrides : LimitColumns
{
    public required ProjectId ProjectId { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<ProjectOverrides>
    {
        public void Configure(EntityTypeBuilder<ProjectOverrides> entity)
        {
            entity.ToTable("ProjectOverrides");
            entity.HasKey(limits => limits.ProjectId);
            entity.Property(limits => limits.ProjectId).ValueGeneratedNever();
            entity.HasOne<Project>().WithOne().HasForeignKey<ProjectOverrides>(limits => limits.ProjectId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
