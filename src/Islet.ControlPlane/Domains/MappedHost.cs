using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Domains;

/// <summary>A host leads to a deployment, and to one only: moving it changes the row.</summary>
public sealed class MappedHost
{
    /// <summary>
    /// Lower case. Without a dot it is a label on the platform's suffix, so the suffix can change by configuration;
    /// with a dot it is a custom domain.
    /// </summary>
    public required string Host { get; init; }

    public required OrganizationId OrganizationId { get; init; }

    /// <summary>A custom domain may move to another project of its organization.</summary>
    public required ProjectId ProjectId { get; set; }

    public required DeploymentId DeploymentId { get; set; }

    /// <summary>Place in the deployment's list of domains.</summary>
    public required int Position { get; set; }

    sealed class Configuration : IEntityTypeConfiguration<MappedHost>
    {
        public void Configure(EntityTypeBuilder<MappedHost> entity)
        {
            entity.HasKey(host => host.Host);
            entity.Property(host => host.Host).HasMaxLength(253);
            entity.HasIndex(host => new { host.DeploymentId, host.Position });
            entity.HasIndex(host => host.ProjectId);
            entity.HasOne<Organization>().WithMany().HasForeignKey(host => host.OrganizationId);
            entity.HasOne<Project>().WithMany().HasForeignKey(host => host.ProjectId).OnDelete(DeleteBehavior.Cascade);
            entity.HasOne<Deployment>().WithMany().HasForeignKey(host => host.DeploymentId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
