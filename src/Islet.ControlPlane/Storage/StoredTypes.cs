using System.Text.Json;
using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Islet.ControlPlane.Storage;

/// <summary>How our types become columns, the same on every engine.</summary>
static class StoredTypes
{
    public static void Configure(ModelConfigurationBuilder configuration)
    {
        configuration.Properties<OrganizationId>().HaveConversion<OrganizationIdColumn>();
        configuration.Properties<ProjectId>().HaveConversion<ProjectIdColumn>();
        configuration.Properties<UserId>().HaveConversion<UserIdColumn>();
        configuration.Properties<DeploymentId>().HaveConversion<DeploymentIdColumn>().HaveMaxLength(12);
        configuration.Properties<DateTimeOffset>().HaveConversion<MomentColumn>();
        configuration.Properties<IReadOnlyList<string>>().HaveConversion<StringListColumn, ByReference<IReadOnlyList<string>>>();
        configuration.Properties<IReadOnlyDictionary<string, string>>()
            .HaveConversion<StringMapColumn, ByReference<IReadOnlyDictionary<string, string>>>();
    }

    sealed class OrganizationIdColumn() : ValueConverter<OrganizationId, Guid>(id => id.Value, value => new(value));

    sealed class ProjectIdColumn() : ValueConverter<ProjectId, Guid>(id => id.Value, value => new(value));

    sealed class UserIdColumn() : ValueConverter<UserId, Guid>(id => id.Value, value => new(value));

    sealed class DeploymentIdColumn() : ValueConverter<DeploymentId, string>(id => id.Value, value => new(value));

    /// <summary>Microseconds since the Unix epoch: sorts in every engine and is as fine as the wire shows.</summary>
    sealed class MomentColumn() : ValueConverter<DateTimeOffset, long>(
        moment => (moment.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond,
        value => DateTimeOffset.UnixEpoch.AddTicks(value * TimeSpan.TicksPerMicrosecond));

    sealed class StringListColumn() : ValueConverter<IReadOnlyList<string>, string>(
        list => JsonSerializer.Serialize(list, (JsonSerializerOptions?)null),
        text => JsonSerializer.Deserialize<string[]>(text, (JsonSerializerOptions?)null)!);

    sealed class StringMapColumn() : ValueConverter<IReadOnlyDictionary<string, string>, string>(
        map => JsonSerializer.Serialize(map, (JsonSerializerOptions?)null),
        text => JsonSerializer.Deserialize<Dictionary<string, string>>(text, (JsonSerializerOptions?)null)!);

    /// <summary>These values are replaced, never changed in place.</summary>
    sealed class ByReference<T>() : ValueComparer<T>(
        (left, right) => ReferenceEquals(left, right),
        value => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value),
        value => value)
        where T : class;
}
