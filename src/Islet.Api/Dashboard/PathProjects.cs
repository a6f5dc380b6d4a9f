using Islet.Api.Wire;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;

namespace Islet.Api.Dashboard;

/// <summary>What the places of a path mean. The client knows no other than "not found", so what cannot be an id is that too.</summary>
sealed class PathProjects(Projects projects, Organizations organizations, Deployments deployments, DeploymentDetails details, ProductionDeployments production)
{
    const string Latest = "latest";

    /// <summary>By id or name.</summary>
    public async Task<Outcome<Project>> FindAsync(Caller caller, string idOrName, CancellationToken cancellation) =>
        Known(await projects.FindAsync(caller, idOrName, cancellation), idOrName);

    /// <summary>The same, for those who may deploy to it.</summary>
    public async Task<Outcome<Project>> FindToDeployAsync(Caller caller, string idOrName, CancellationToken cancellation) =>
        Known(await projects.FindToDeployAsync(caller, idOrName, cancellation), idOrName);

    /// <summary>A deployment of a project. <c>latest</c> is the newest, or production where that is asked for.</summary>
    public async Task<Outcome<DeploymentId>> FindDeploymentAsync(
        Caller caller, string idOrName, string deployment, bool latestIsProduction, CancellationToken cancellation)
    {
        var project = await FindAsync(caller, idOrName, cancellation);
        if (project.IsRefused(out var refusal))
            return refusal;
        if (deployment == Latest)
            return (latestIsProduction
                ? await production.FindAsync(project.Value.Id, cancellation)
                : await details.FindNewestAsync(caller, project.Value.Id, cancellation)) is { } found ? found : NoDeployment(deployment);
        if (!DeploymentIds.IsOne(deployment))
            return NoDeployment(deployment);
        var named = await deployments.GetAsync(caller, new(deployment), cancellation);
        if (named.IsRefused(out refusal))
            return refusal;
        return named.Value.Project == project.Value.Id ? named.Value.Id : NoDeployment(deployment);
    }

    /// <summary>The short form.</summary>
    public async Task<ProjectWire> ShowAsync(Caller caller, Project project, CancellationToken cancellation)
    {
        var organization = await organizations.GetAsync(caller, project.OrganizationId, cancellation);
        var hasProduction = await production.FindAsync(project.Id, cancellation) is not null;
        return ProjectWire.Of(project, organization.IsRefused(out _) ? new(project.OrganizationId.Value, null) : OrganizationWire.Of(organization.Value, caller), hasProduction);
    }

    public static Refusal NoDeployment(string named) => new(RefusalCode.DeploymentNotFound, $"The deployment {named} does not exist or you have no access to it");

    static Outcome<Project> Known(Outcome<Project> outcome, string idOrName) => outcome.Refusal is { Code: RefusalCode.BadRequest }
        ? new Refusal(RefusalCode.ProjectNotFound, $"The project {idOrName} does not exist or you have no access to it")
        : outcome;
}
