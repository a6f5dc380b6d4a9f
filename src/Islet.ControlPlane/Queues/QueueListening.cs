using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Projects;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Queues;

/// <summary>A program of the project has listened to the queue of the database: it is started for messages.</summary>
public sealed class QueueListening
{
    public required Guid DatabaseId { get; init; }

    public required ProjectId ProjectId { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<QueueListening>
    {
        public void Configure(EntityTypeBuilder<QueueListening> entity)
        {
            entity.ToTable("QueueListenings");
            entity.HasKey(row => new { row.DatabaseId, row.ProjectId });
            entity.HasIndex(row => row.ProjectId);
            entity.HasOne<KvDatabase>().WithMany().HasForeignKey(row => row.DatabaseId).OnDelete(DeleteBehavior.Cascade);
            entity.HasOne<Project>().WithMany().HasForeignKey(row => row.ProjectId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
