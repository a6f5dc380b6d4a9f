using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Domains;

/// <summary>
/// A <see cref="MappedHost"/> of an organization that has no verified domain for it now. It leads nowhere, and comes back
/// when the organization verifies such a domain again.
/// </summary>
public sealed class DormantHost
{
    public required OrganizationId OrganizationId { get; init; }

    public required string Host { get; init; }

    public required ProjectId ProjectId { get; set; }

    public required DeploymentId DeploymentId { get; set; }

    public required int Position { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<DormantHost>
    {
        public void Configure(EntityTypeBuilder<DormantHost> entity)
        {
            entity.ToTable("DormantHosts");
            entity.HasKey(host => new { host.OrganizationId, host.Host });
            entity.Property(host => host.Host).HasMaxLength(DomainName.MaxLength);
            entity.HasIndex(host => host.Host);
            entity.HasIndex(host => host.DeploymentId);
            entity.HasIndex(host => host.ProjectId);
            entity.HasOne<Organization>().WithMany().HasForeignKey(host => host.OrganizationId).OnDelete(DeleteBehavior.Cascade);
            entity.HasOne<Project>().WithMany().HasForeignKey(host => host.ProjectId).OnDelete(DeleteBehavior.Cascade);
            entity.HasOne<Deployment>().WithMany().HasForeignKey(host => host.DeploymentId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
