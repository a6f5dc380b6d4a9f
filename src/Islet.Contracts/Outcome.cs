using System.Diagnostics.CodeAnalysis;

namespace Islet.Contracts;

/// <summary>A foreseen no: each dialect gives the code its own status and name.</summary>
public enum RefusalCode
{
    BadRequest,
    Unauthorized,

    /// <summary>The caller may see the thing but not do this to it.</summary>
    Forbidden,

    OrganizationNotFound,
    ProjectNotFound,
    DeploymentNotFound,
    DatabaseNotFound,
    DatabaseBackupNotFound,
    EntryNotFound,
    DomainNotFound,
    SecretNotFound,
    ProjectNameInUse,

    /// <summary>Another organization has proved that the name is its own.</summary>
    DomainInUse,

    DomainNotVerified,
    AssetNotFound,
    AssetStorageExceeded,
    TooManyRequests,
    MemberNotFound,
    InvitationNotFound,
    TokenNotFound,
    VariableNotFound,
    CronNotFound,

    /// <summary>It does not go together with what is there, and will not by asking again.</summary>
    Conflict,

    /// <summary>The same call is under way; its answer can be had soon.</summary>
    RetryTooSoon,

    /// <summary>An idempotency key came with another call than before.</summary>
    IdempotencyKeyReused,

    /// <summary>Nothing was done; it can be tried again soon.</summary>
    Busy,
}

/// <param name="Message">For a human: what is wrong and what to do.</param>
/// <param name="Field">Path of the offending member, such as <c>assets["main.ts"].content</c>; null when none.</param>
public sealed record Refusal(RefusalCode Code, string Message, string? Field = null)
{
    /// <summary>When asking again may help; null: it will not.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>A value or a refusal.</summary>
public readonly struct Outcome<T>
{
    readonly T? value;

    Outcome(T? value, Refusal? refusal) => (this.value, Refusal) = (value, refusal);

    public Refusal? Refusal { get; }

    public T Value => Refusal is null ? value! : throw new InvalidOperationException($"Refused: {Refusal.Message}");

    public bool IsRefused([NotNullWhen(true)] out Refusal? refusal)
    {
        refusal = Refusal;
        return refusal is not null;
    }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(default, refusal);
}
