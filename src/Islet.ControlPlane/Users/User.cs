using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Islet.ControlPlane.Users;

/// <summary>A person who can sign in. UUID v4.</summary>
public readonly record struct UserId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

public sealed class User
{
    public required UserId Id { get; init; }

    /// <summary>Lower case; unique.</summary>
    public required string Email { get; set; }

    /// <summary>What the person is called; empty: never said.</summary>
    public string Name { get; set; } = "";

    /// <summary>See <see cref="Users.PasswordHash"/>.</summary>
    public required string PasswordHash { get; set; }

    /// <summary>Runs this installation: sets what organizations may use. The user of the first start.</summary>
    public bool IsOperator { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    sealed class Configuration : IEntityTypeConfiguration<User>
    {
        public void Configure(EntityTypeBuilder<User> entity)
        {
            entity.Property(user => user.Id).ValueGeneratedNever();
            entity.Property(user => user.Email).HasMaxLength(320);
            entity.Property(user => user.Name).HasMaxLength(200);
            entity.HasIndex(user => user.Email).IsUnique();
        }
    }
}
