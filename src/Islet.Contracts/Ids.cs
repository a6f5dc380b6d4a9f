namespace Islet.Contracts;

/// <summary>A tenant: owner of projects, assets, databases, tokens. UUID v4 on the wire.</summary>
public readonly record struct OrganizationId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

/// <summary>A named line of deployments inside one organization. UUID v4 on the wire.</summary>
public readonly record struct ProjectId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

/// <summary>One immutable deployment: 12 characters of lower-case Crockford base32 (60 random bits).</summary>
public readonly record struct DeploymentId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>One jailed process on this node. Never reused while the server lives.</summary>
public readonly record struct IsolateId(long Value)
{
    public override string ToString() => Value.ToString();
}
