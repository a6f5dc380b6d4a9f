using Islet.Contracts;

namespace Islet.Kv.Connect;

/// <summary>What a caller may do: one database, and whose use it is.</summary>
/// <param name="Project">Null: from outside.</param>
public sealed record KvGrant(Guid Database, OrganizationId Organization, ProjectId? Project, bool MayWrite);
