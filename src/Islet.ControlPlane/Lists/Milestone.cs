using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Lists;

/// <summary>A list that is counted, by what it is ordered by. The numbers are in the database and in its triggers.</summary>
public enum CountedList
{
    /// <summary>Projects of an organization.</summary>
    ProjectsByName,

    /// <summary>Projects of an organization, by when they were updated.</summary>
    ProjectsByTime,

    /// <summary>Deployments of a project.</summary>
    DeploymentsById,

    /// <summary>Deployments of a project, by when they were made.</summary>
    DeploymentsByTime,
}

/// <summary>
/// How many items a long list has from one key on to the next milestone: some hundred. So a page is found by its number, and
/// the list counted, without a walk along its items. Triggers write them (Storage/SqliteLists.cs, Storage/PostgresLists.cs).
/// </summary>
public sealed class Milestone
{
    /// <summary>Whose list: an organization or a project.</summary>
    public required Guid Owner { get; init; }

    public required CountedList List { get; init; }

    /// <summary>
    /// Items with this key and those behind it belong here. Of names and ids these; of times microseconds in 20 digits.
    /// Empty: from the first on.
    /// </summary>
    public required string First { get; init; }

    public required int Items { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<Milestone>
    {
        public void Configure(EntityTypeBuilder<Milestone> entity)
        {
            entity.ToTable("Milestones");
            entity.HasKey(milestone => new { milestone.Owner, milestone.List, milestone.First });
            entity.Property(milestone => milestone.First).HasMaxLength(50);
        }
    }
}
