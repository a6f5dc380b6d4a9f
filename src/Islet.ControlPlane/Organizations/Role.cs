namespace Islet.ControlPlane.Organizations;

/// <summary>What a member is in an organization. Who was there before roles is an owner.</summary>
public enum Role
{
    Owner = 0,
    Admin = 1,
    Member = 2,
    Viewer = 3,
}

/// <summary>Kinds of things that are done to an organization and what it has.</summary>
public enum Act
{
    /// <summary>Look at everything but the values of variables.</summary>
    Read,

    /// <summary>Make, change and delete what runs: projects, deployments, secrets, variables.</summary>
    Deploy,

    /// <summary>Members, invitations, names, limits of projects, the audit log.</summary>
    Administer,

    /// <summary>Delete the organization; make and unmake owners.</summary>
    Own,
}
