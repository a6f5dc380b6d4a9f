using System.Data.Common;
using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Routing;
using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// The way of one deployment from <c>pending</c> to its end. A failure changes nothing that visitors see.
/// <code>
///   1 lay out     blobs → run/builds/&lt;id&gt;/src
///   2 resolve     deno info in a builder jail → module graph, lock, module cache of the organization
///   3 pack        src + what the graph needs → artifacts/&lt;id&gt;, immutable
///   4 boot        a warm slot runs it: throws, no server, too slow → failed; it registers its crons
///   5 activate    packed for other nodes; one transaction: success, hosts moved; then routes published
/// </code>
/// A redeploy has its artifact and begins at 4.
/// </summary>
sealed partial class BuildDeployment(
    ResolveModules resolve,
    ModuleCaches caches,
    ArtifactStore artifacts,
    ArtifactArchives archives,
    AssetStore assets,
    BuildLogs logs,
    IIsolates isolates,
    IIsolateCrons crons,
    IBuilderJail jail,
    Leftovers leftovers,
    IServiceScopeFactory scopes,
    IOptions<ControlPlaneOptions> options,
    ILogger<BuildDeployment> logger)
{
    /// <summary>The booted isolate stays this long, so that the first visitor of a new deployment finds it running.</summary>
    static readonly TimeSpan KeptWarm = TimeSpan.FromSeconds(1);

    readonly string builds = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "run", "builds");

    /// <summary>Before the first build: what a killed one left. Its row may be gone, so nobody would come back to it.</summary>
    public void Prepare() => Clean(builds);

    /// <summary>
    /// Ends with the row at <c>success</c> or <c>failed</c> and the build log complete. Throws when cancelled, and when
    /// the row cannot be written: then it is still <c>pending</c>, to be built again.
    /// </summary>
    public async Task RunAsync(DeploymentPlan plan, ModuleDoor door, string doorPath, CancellationToken cancellation)
    {
        var directory = Path.Combine(builds, plan.Id.Value);
        var target = new BuildTarget(plan, new(Path.Combine(directory, "src"), plan.Manifest, assets), logs);
        logs.Begin(plan.Id, plan.Builder);
        try
        {
            var artifact = plan.ArtifactId is { } built
                ? await archives.TakeAsync(new(built, plan.ArtifactSha256), cancellation) ?? throw new BuildFailure("The artifact of the original deployment is gone")
                : await MakeAsync(target, directory, door, doorPath, cancellation);
            await BootAsync(target, artifact, cancellation);
        }
        catch (BuildFailure failure)
        {
            await FailAsync(target, failure.Message);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            Log.BuildBroke(logger, plan.Id, exception);
            await FailAsync(target, "ISOLATE_INTERNAL_FAILURE The platform failed while building; deploy again");
        }
        finally
        {
            Clean(directory);
            leftovers.Add(plan.Id, plan.ArtifactId);
        }
    }

    /// <summary>Another node has the build: this one writes nothing more about it.</summary>
    public void Leave(DeploymentId id) => logs.Leave(id);

    /// <summary>What cannot be removed now is removed by the next try, or the next start.</summary>
    void Clean(string directory)
    {
        try
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotCleaned(logger, directory, exception);
        }
    }

    async Task<Artifact> MakeAsync(BuildTarget target, string directory, ModuleDoor door, string doorPath, CancellationToken cancellation)
    {
        // 1 the files
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
        target.Sources.LayOut(cancellation);
        var settings = BuildSettings.Read(target.Plan, target.Sources);

        // 2 the modules
        await using var cache = await caches.EnterAsync(target.Plan.Organization, target.Plan.Id);
        var resolved = await resolve.RunAsync(target, settings, cache, door, doorPath, cancellation);
        var specifiers = resolved.Graph.Specifiers.ToList();
        for (var index = 0; index < specifiers.Count; index++)
            target.Log("info", $"Downloaded {specifiers[index]} ({index + 1}/{specifiers.Count})");

        // 3 the artifact; one of the same name is what a killed build left, and nobody runs it
        string[] locked = resolved.Lock is null ? ["--no-lock"] : [$"--lock={JailPaths.DenoDir}/deno.lock", "--frozen"];
        var description = new ArtifactDescription(
            ArtifactKind.Graph, target.Plan.EntryPoint, [.. settings.Flags(JailPaths.DenoDir), "--vendor=false", .. locked],
            resolved.Lock is null ? new Dictionary<string, string>() : resolve.Registries());
        await jail.SealAsync(cache.Directory, PackArtifact.PathsOf(settings, resolved));
        PackArtifact.Complete(directory, description, settings, resolved, cache.Directory);
        var final = artifacts.DirectoryOf(target.Plan.Id.Value);
        if (Directory.Exists(final))
            Directory.Delete(final, recursive: true);
        PackArtifact.Publish(directory, final);
        target.Log("info", "Packaging complete");
        return description.In(final);
    }

    async Task BootAsync(BuildTarget target, Artifact artifact, CancellationToken cancellation)
    {
        // 4 one real start, on a slot like any other
        var plan = target.Plan;
        var outcome = await isolates.LeaseAsync(await SpecAsync(plan, artifact, cancellation), cancellation);
        if (!outcome.Started)
            throw new BuildFailure(BootFailures.Describe(outcome.Failure));
        _ = ReturnLaterAsync(outcome.Lease);
        var registered = plan.EnableCron ? await CronsAsync(outcome.Lease, cancellation) : [];

        // 5 visible; the boot's isolate serves the first visitors
        if (!await ActivateAsync(plan, registered, cancellation))
            throw new BuildFailure("One of its domains was taken by another project meanwhile");
        foreach (var cron in registered)
            Tell(target, "info", $"Cron \"{cron.Name}\" runs at {cron.Schedule}");
        foreach (var host in plan.Hosts)
            Tell(target, "info", $"Deployed to {host}");
        logs.Complete(plan.Id);
    }

    /// <summary>What the program registered until its server listened. The isolate stays meanwhile, or it has failed.</summary>
    async Task<IReadOnlyList<CronRegistration>> CronsAsync(IsolateLease lease, CancellationToken cancellation)
    {
        var collected = await crons.CollectAsync(lease.Id, cancellation);
        if ((collected is null ? null : collected.Problem ?? CronRules.Check(collected.Crons)) is { } problem)
            throw new BuildFailure($"UNCAUGHT_EXCEPTION {problem}");
        if (collected is null && lease.Ended.IsCompleted)
            throw new BuildFailure("UNCAUGHT_EXCEPTION The program ended before its crons were known");
        return collected?.Crons ?? [];
    }

    /// <summary>Once more when the packed artifact was collected before a row named it.</summary>
    async Task<bool> ActivateAsync(DeploymentPlan plan, IReadOnlyList<CronRegistration> registered, CancellationToken cancellation)
    {
        while (true)
        {
            await using var scope = scopes.CreateAsyncScope();
            if (!await scope.ServiceProvider.GetRequiredService<ClaimDeployment>().RenewAsync(plan.Id, plan.Builder, cancellation))
                return false; // the artifact of a deleted one is being removed
            var built = plan.ArtifactId is { } shared ? new(shared, plan.ArtifactSha256) : await archives.PackAsync(plan.Id.Value, cancellation);
            if (await scope.ServiceProvider.GetRequiredService<ActivateDeployment>().RunAsync(plan.Id, plan.Builder, built, registered, cancellation))
                return true;
            if (plan.ArtifactId is not null || built.Sha256 is null || File.Exists(assets.PathOf(built.Sha256)))
                return false;
        }
    }

    async Task<IsolateSpec> SpecAsync(DeploymentPlan plan, Artifact artifact, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var spec = await scope.ServiceProvider.GetRequiredService<ComposeSpec>()
            .RunAsync(plan.Id, plan.Project, plan.Organization, artifact, plan.Environment, plan.Net, plan.Databases, cancellation);
        return spec with { Crons = plan.EnableCron };
    }

    async Task ReturnLaterAsync(IsolateLease lease)
    {
        await Task.WhenAny(lease.Ended, Task.Delay(KeptWarm));
        isolates.Return(lease, ShutdownReason.Idle);
    }

    async Task FailAsync(BuildTarget target, string reason)
    {
        // The row first: a deployment that was deleted meanwhile has no log any more, one that went live did not fail, and
        // one that another node has is not ours to end. So nothing else need stop it.
        await using var scope = scopes.CreateAsyncScope();
        if (await scope.ServiceProvider.GetRequiredService<FailDeployment>().RunAsync(target.Plan.Id, target.Plan.Builder, reason, CancellationToken.None))
            Tell(target, "error", $"The deployment failed: {reason}");
        logs.Complete(target.Plan.Id);
    }

    /// <summary>The row has decided already: a log that takes no more lines does not change the end.</summary>
    void Tell(BuildTarget target, string level, string message)
    {
        try
        {
            target.Log(level, message);
        }
        catch (DbException exception)
        {
            Log.NotTold(logger, target.Plan.Id, message, exception);
        }
    }

    static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Error, "Build of {Deployment} broke")]
        public static partial void BuildBroke(ILogger logger, DeploymentId deployment, Exception exception);

        [LoggerMessage(2102, LogLevel.Error, "The build log of {Deployment} could not take: {Message}")]
        public static partial void NotTold(ILogger logger, DeploymentId deployment, string message, Exception exception);

        [LoggerMessage(2103, LogLevel.Warning, "{Directory} could not be removed")]
        public static partial void NotCleaned(ILogger logger, string directory, Exception exception);
    }
}
