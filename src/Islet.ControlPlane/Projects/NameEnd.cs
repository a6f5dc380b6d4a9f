using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Projects;

/// <summary>
/// A name from one of its characters on: the name <c>shop</c> is here as <c>shop</c>, <c>hop</c>, <c>op</c> and <c>p</c>. A part
/// of a name is where one of its ends begins, which an index finds. Triggers write them (Storage/SqliteLists.cs, Storage/PostgresLists.cs).
/// </summary>
public sealed class NameEnd
{
    public required OrganizationId OrganizationId { get; init; }

    public required string End { get; init; }

    /// <summary>Of the project.</summary>
    public required string Name { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<NameEnd>
    {
        public void Configure(EntityTypeBuilder<NameEnd> entity)
        {
            entity.ToTable("NameEnds");
            entity.HasKey(row => new { row.OrganizationId, row.End, row.Name });
            entity.Property(row => row.End).HasMaxLength(ProjectName.MaxLength);
            entity.Property(row => row.Name).HasMaxLength(ProjectName.MaxLength);
        }
    }
}
