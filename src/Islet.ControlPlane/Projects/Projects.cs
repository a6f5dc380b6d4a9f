using System.Data;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Lists;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Variables;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Projects;

public enum ProjectOrder
{
    Name,
    UpdatedAt,

    /// <summary>Requests of the last 24 hours.</summary>
    Requests,

    /// <summary>Bytes to and from isolates in the last 24 hours.</summary>
    Bandwidth,
}

public sealed class Projects(IsletDb db, RoutePublisher routes, WriteVariables variables, AuditLog audit, TimeProvider time)
{
    const int MaxDescription = 1000;

    /// <summary>Tries of a random name; a clash is rare, several in a row mean a full name space.</summary>
    const int NameTries = 20;

    static readonly Dictionary<string, string?> NoVariables = [];

    /// <summary>Finds by id or by name: clients use both in the same place.</summary>
    public Task<Outcome<Project>> FindAsync(Caller caller, string idOrName, CancellationToken cancellation) =>
        FindAsync(db.Projects.AsNoTracking().Of(caller), idOrName, cancellation);

    /// <summary>The same, for those who may deploy to it: to be asked before anything large is read.</summary>
    public async Task<Outcome<Project>> FindToDeployAsync(Caller caller, string idOrName, CancellationToken cancellation)
    {
        if ((await FindAsync(caller, idOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        return caller.Refuse(project.OrganizationId, Act.Deploy) is { } forbidden ? forbidden : project;
    }

    /// <summary>The same; an operator finds the projects of all.</summary>
    internal Task<Outcome<Project>> FindOperatedAsync(Caller caller, string idOrName, CancellationToken cancellation) =>
        FindAsync(db.Projects.AsNoTracking().OfOrOperatedBy(caller), idOrName, cancellation);

    /// <param name="search">Part of a name in any case, or the beginning of an id; null: all.</param>
    public async Task<Outcome<Listing<Project>>> ListAsync(
        Caller caller, OrganizationId organization, string? search, ProjectOrder order, bool descending, Page page, CancellationToken cancellation)
    {
        if (!await db.Organizations.Of(caller).AnyAsync(row => row.Id == organization, cancellation))
            return Organizations.Organizations.NotFound(organization);
        var rows = db.Projects.AsNoTracking().Of(caller).Where(row => row.OrganizationId == organization);
        if (search is null && caller.OnlyProject is null)
            return await ListAllAsync(rows, organization, order, descending, page, cancellation);
        if (search is not null)
            rows = await SearchAsync(caller, organization, rows, search.ToLowerInvariant(), page, cancellation);
        var items = await Sort(rows, order, descending).Skip(page.Skip).Take(page.Limit + 1).ToListAsync(cancellation);
        items.RemoveAll(row => row.OrganizationId != organization); // a name that was given up and taken by another one in between
        return await page.ListFoundAsync(items, rows.OrderBy(row => row.Name), cancellation);
    }

    /// <param name="name">Null: a random one.</param>
    public Task<Outcome<Project>> CreateAsync(
        Caller caller, OrganizationId organization, string? name, string? description, CancellationToken cancellation) =>
        CreateAsync(caller, organization, name, description, NoVariables, cancellation);

    /// <param name="name">Null: a random one.</param>
    /// <param name="environment">Its first variables.</param>
    public async Task<Outcome<Project>> CreateAsync(
        Caller caller, OrganizationId organization, string? name, string? description, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellation)
    {
        if (CheckDescription(description) is { } problem)
            return problem;
        if (name is not null && CheckName(name) is { } refusal)
            return refusal;
        for (var tries = 0; tries < NameTries; tries++)
        {
            var outcome = await TryCreateAsync(caller, organization, name ?? RandomName.New(), description ?? "", environment, cancellation);
            if (name is not null || outcome.Refusal?.Code != RefusalCode.ProjectNameInUse)
                return outcome;
        }
        return new Refusal(RefusalCode.ProjectNameInUse, "No free random name was found: give a name", "name");
    }

    /// <summary>Null members stay. A new name takes the project's hosts with it.</summary>
    public Task<Outcome<Project>> UpdateAsync(
        Caller caller, ProjectId id, string? name, string? description, CancellationToken cancellation) =>
        UpdateAsync(caller, id, name, description, NoVariables, cancellation);

    /// <summary>All of it or nothing. Null members stay. A new name takes the project's hosts with it.</summary>
    /// <param name="environment">Variables to set, by name; null removes one.</param>
    public async Task<Outcome<Project>> UpdateAsync(
        Caller caller, ProjectId id, string? name, string? description, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellation)
    {
        if (((name is null ? null : CheckName(name)) ?? CheckDescription(description)) is { } refusal)
            return refusal;
        await using var transaction = await db.Database.BeginTransactionAsync(
            environment.Count == 0 ? IsolationLevel.Unspecified : IsolationLevel.Serializable, cancellation);
        var project = await db.Projects.Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (project is null)
            return NotFound(id.ToString());
        if (caller.Refuse(project.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        var (changedHosts, renamed) = (new List<string>(), "");
        if (name is not null && name != project.Name)
        {
            if (await CheckFreeAsync(project.OrganizationId, name, cancellation) is { } taken)
                return taken;
            changedHosts = await RenameHostsAsync(project, name, cancellation);
            renamed = $"{project.Name} → {name}";
            project.Name = name;
        }
        project.Description = description ?? project.Description;
        if (db.ChangeTracker.HasChanges())
        {
            project.UpdatedAt = time.Moment();
            audit.Add(caller, project.OrganizationId, "project.update", "project", id.ToString(), renamed);
        }
        if (await variables.AddAsync(caller, project, environment, "envs", time.Moment(), cancellation) is { } tooMuch)
            return tooMuch;
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        await routes.PublishAsync(changedHosts, CancellationToken.None);
        return project;
    }

    internal static Refusal NotFound(string idOrName) =>
        new(RefusalCode.ProjectNotFound, $"The project {idOrName} does not exist or you have no access to it");

    static async Task<Outcome<Project>> FindAsync(IQueryable<Project> rows, string idOrName, CancellationToken cancellation)
    {
        if (Guid.TryParseExact(idOrName, "D", out var guid))
        {
            var id = new ProjectId(guid);
            return await rows.FirstOrDefaultAsync(row => row.Id == id, cancellation) is { } byId ? byId : NotFound(idOrName);
        }
        if (ProjectName.Problem(idOrName) is not null)
            return new Refusal(RefusalCode.BadRequest, "projectId must be the UUID or the name of a project", "projectId");
        return await rows.FirstOrDefaultAsync(row => row.Name == idOrName, cancellation) is { } byName ? byName : NotFound(idOrName);
    }

    /// <param name="rows">All of the organization.</param>
    async Task<Listing<Project>> ListAllAsync(
        IQueryable<Project> rows, OrganizationId organization, ProjectOrder order, bool descending, Page page, CancellationToken cancellation)
    {
        var list = order == ProjectOrder.Name ? CountedList.ProjectsByName : CountedList.ProjectsByTime;
        var start = order is ProjectOrder.Name or ProjectOrder.UpdatedAt
            ? await Milestones.FindAsync(db, list, organization.Value, page, descending, cancellation)
            : new(null, page.Skip);
        var items = start.IsBehind ? []
            : await Sort(From(rows, start, order, descending), order, descending).Skip(start.Skip).Take(page.Limit + 1).ToListAsync(cancellation);
        return await page.ListAsync(items, () => Milestones.CountAsync(db, list, organization.Value, cancellation));
    }

    /// <summary>
    /// A part of a name is found by the ends of names: some begin with it. Only where there are many that match, those in the
    /// order of the list are found sooner.
    /// </summary>
    /// <param name="rows">What the caller may see: the projects found are some of these.</param>
    async Task<IQueryable<Project>> SearchAsync(
        Caller caller, OrganizationId organization, IQueryable<Project> rows, string search, Page page, CancellationToken cancellation)
    {
        var named = rows.Where(row => row.Name.Contains(search));
        var most = 2 * (page.Counted + 1L); // some names have it twice
        var found = await (caller.OnlyProject is null ? Ends(organization, search) : named.Select(row => row.Name))
            .Take((int)Math.Min(most, int.MaxValue)).ToListAsync(cancellation);
        var names = found.Distinct(StringComparer.Ordinal).ToList();
        if (found.Count == most || names.Count > page.Counted)
            return named;
        if (Guid.TryParseExact(search, "D", out var guid))
        {
            var id = new ProjectId(guid);
            names.AddRange(await rows.Where(row => row.Id == id).Select(row => row.Name).ToListAsync(cancellation));
        }
        return db.Projects.AsNoTracking().Where(row => EF.Parameter(names).Contains(row.Name)); // by nothing else, or another index would be taken
    }

    /// <summary>Names with this in them, each as often as it has it.</summary>
    IQueryable<string> Ends(OrganizationId organization, string search) => db.NameEnds
        .Where(row => row.OrganizationId == organization && string.Compare(row.End, search) >= 0 && string.Compare(row.End, search + ProjectName.BehindAll) < 0)
        .OrderBy(row => row.End).ThenBy(row => row.Name)
        .Select(row => row.Name);

    static IQueryable<Project> From(IQueryable<Project> rows, PageStart start, ProjectOrder order, bool descending)
    {
        if (start.Key is not { } key)
            return rows;
        if (order == ProjectOrder.Name)
            return descending ? rows.Where(row => string.Compare(row.Name, key) < 0) : rows.Where(row => string.Compare(row.Name, key) >= 0);
        var time = start.Time;
        return descending ? rows.Where(row => row.UpdatedAt < time) : rows.Where(row => row.UpdatedAt >= time);
    }

    IQueryable<Project> Sort(IQueryable<Project> rows, ProjectOrder order, bool descending)
    {
        var dayAgo = time.GetUtcNow() - TimeSpan.FromDays(1);
        return (order, descending) switch
        {
            (ProjectOrder.Name, false) => rows.OrderBy(row => row.Name),
            (ProjectOrder.Name, true) => rows.OrderByDescending(row => row.Name),
            (ProjectOrder.UpdatedAt, false) => rows.OrderBy(row => row.UpdatedAt).ThenBy(row => row.Id),
            (ProjectOrder.UpdatedAt, true) => rows.OrderByDescending(row => row.UpdatedAt).ThenByDescending(row => row.Id),
            (ProjectOrder.Requests, false) => rows.OrderBy(row => db.Usage.Where(used => used.ProjectId == row.Id && used.Time > dayAgo).Sum(used => used.Requests)).ThenBy(row => row.Id),
            (ProjectOrder.Requests, true) => rows.OrderByDescending(row => db.Usage.Where(used => used.ProjectId == row.Id && used.Time > dayAgo).Sum(used => used.Requests)).ThenBy(row => row.Id),
            (ProjectOrder.Bandwidth, false) => rows.OrderBy(row => db.Usage.Where(used => used.ProjectId == row.Id && used.Time > dayAgo).Sum(used => used.Ingress + used.Egress)).ThenBy(row => row.Id),
            (ProjectOrder.Bandwidth, true) => rows.OrderByDescending(row => db.Usage.Where(used => used.ProjectId == row.Id && used.Time > dayAgo).Sum(used => used.Ingress + used.Egress)).ThenBy(row => row.Id),
        };
    }

    async Task<Outcome<Project>> TryCreateAsync(
        Caller caller, OrganizationId organization, string name, string description, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (caller.OnlyProject is not null || !await db.Organizations.Of(caller).AnyAsync(row => row.Id == organization, cancellation))
            return Organizations.Organizations.NotFound(organization);
        if (caller.Refuse(organization, Act.Deploy) is { } forbidden)
            return forbidden;
        if (await CheckFreeAsync(organization, name, cancellation) is { } taken)
            return taken;
        var now = time.Moment();
        var project = new Project
        {
            Id = new(Guid.NewGuid()),
            OrganizationId = organization,
            Name = name,
            Description = description,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.Projects.Add(project);
        audit.Add(caller, organization, "project.create", "project", project.Id.ToString(), name);
        if (await variables.AddAsync(caller, project, environment, "envs", now, cancellation) is { } tooMuch)
            return tooMuch;
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return project;
    }

    /// <summary>
    /// Within a transaction that already writes or will. Besides equal names, <c>foo-rn3mjpwsw24d</c> is refused when it
    /// is, or looks like, a host of the project foo of somebody else.
    /// </summary>
    async Task<Refusal?> CheckFreeAsync(OrganizationId organization, string name, CancellationToken cancellation)
    {
        if (await db.Projects.AnyAsync(row => row.Name == name, cancellation) || await db.MappedHosts.AnyAsync(row => row.Host == name, cancellation))
            return InUse();
        if (!ProjectName.LooksLikeDeploymentHost(name, out var project, out var deployment))
            return null;
        var id = new DeploymentId(deployment);
        var owner = await db.Projects.AsNoTracking().FirstOrDefaultAsync(row => row.Name == project, cancellation);
        if (owner is null)
            return null;
        return owner.OrganizationId != organization || await db.Deployments.AnyAsync(row => row.Id == id && row.ProjectId == owner.Id, cancellation)
            ? InUse()
            : null;

        Refusal InUse() => new(RefusalCode.ProjectNameInUse, $"The project name \"{name}\" is already in use", "name");
    }

    async Task<List<string>> RenameHostsAsync(Project project, string name, CancellationToken cancellation)
    {
        var changed = new List<string>();
        var rows = await db.MappedHosts.AsNoTracking().Where(host => host.ProjectId == project.Id).ToListAsync(cancellation);
        foreach (var row in rows)
        {
            var renamed = Renamed(row.Host, row.DeploymentId);
            if (renamed == row.Host)
                continue;
            await db.MappedHosts.Where(host => host.Host == row.Host)
                .ExecuteUpdateAsync(set => set.SetProperty(host => host.Host, renamed), cancellation);
            changed.AddRange([row.Host, renamed]);
        }
        return changed;

        string Renamed(string host, DeploymentId deployment) =>
            host == project.Name ? name
            : host == HostTemplate.Resolve(HostTemplate.OfDeployment, project.Name, deployment) ? HostTemplate.Resolve(HostTemplate.OfDeployment, name, deployment)
            : host;
    }

    static Refusal? CheckName(string name) => ProjectName.Problem(name) is { } problem
        ? new(RefusalCode.BadRequest, $"name {problem}", "name")
        : null;

    static Refusal? CheckDescription(string? description) => description?.EnumerateRunes().Count() > MaxDescription
        ? new(RefusalCode.BadRequest, $"description must not have more than {MaxDescription} characters", "description")
        : null;
}
