using Islet.Contracts;
using Islet.ControlPlane;
using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

public sealed class CollectTests : IDisposable
{
    readonly ControlPlaneDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Artifact_stays_for_the_redeploy_and_goes_with_the_last_that_has_it()
    {
        await using var control = await StartAsync();
        await using var collector = await Running<CollectLeftovers>.StartAsync(control);
        var tenant = await Tenant.FirstAsync(control);
        var source = await tenant.DeployAsync("a");
        var again = await tenant.RedeployAsync(source);
        var bystander = await tenant.DeployAsync("b");

        await tenant.DeleteAsync(source);
        await LogIsGoneAsync(control, source); // so the collector has been there
        await tenant.ActivateAsync(again, source.Value);
        Artifacts().ShouldBe([source.Value, bystander.Value], ignoreOrder: true);

        await tenant.DeleteAsync(again);
        await Eventually.HoldsAsync(() => Artifacts().SequenceEqual([bystander.Value]));
    }

    [Fact]
    public async Task Deleting_a_project_takes_artifacts_build_logs_and_contents_of_all()
    {
        await using var control = await StartAsync();
        await using var collector = await Running<CollectLeftovers>.StartAsync(control);
        var tenant = await Tenant.FirstAsync(control);
        DeploymentId[] all = [await tenant.DeployAsync("a"), await tenant.DeployAsync("b")];

        await tenant.DeleteProjectAsync();

        await Eventually.HoldsAsync(() => Artifacts().Length == 0 && Blobs().Length == 0);
        foreach (var one in all)
            await LogIsGoneAsync(control, one);
    }

    [Fact]
    public async Task What_a_kill_left_over_is_found_at_the_next_start()
    {
        string kept;
        await using (var control = await StartAsync())
        {
            kept = (await (await Tenant.FirstAsync(control)).DeployAsync("a")).Value;
            Directory.CreateDirectory(Path.Combine(directory.Root, "artifacts", DeploymentIds.New().Value, "src", "deep"));
            Directory.CreateDirectory(Path.Combine(directory.Root, "artifacts", "lost+found")); // not ours
            control.GetRequiredService<BuildLogs>().Append(new("000000000000"), "info", "of a row that was never there");
            await File.WriteAllTextAsync(control.GetRequiredService<AssetStore>().PathOf(new string('a', 64)), "never named");
        }

        await using (var control = await StartAsync())
        {
            await using var collector = await Running<CollectLeftovers>.StartAsync(control);
            await Eventually.HoldsAsync(() => Blobs().Length == 1);
            Artifacts().ShouldBe([kept, "lost+found"], ignoreOrder: true);
            control.GetRequiredService<BuildLogs>().List().ShouldBe([kept]);
        }
    }

    [Fact]
    public async Task Artifact_of_a_build_under_way_stays_and_of_a_failed_one_goes()
    {
        await using var control = await StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        var (pending, failed) = (await tenant.CreateAsync("a"), await tenant.CreateAsync("b"));
        foreach (var id in (DeploymentId[])[pending, failed])
            Directory.CreateDirectory(control.GetRequiredService<ArtifactStore>().DirectoryOf(id.Value));
        await tenant.FailAsync(failed);

        (await control.GetRequiredService<CollectDeployments>().FindUnusedArtifactsAsync([pending.Value, failed.Value], default)).ShouldBe([failed.Value]);
    }

    [Fact]
    public async Task Hash_stays_known_for_a_while_and_then_the_content_is_to_be_sent_again()
    {
        await using var control = await StartAsync(TimeSpan.FromDays(30));
        var tenant = await Tenant.FirstAsync(control);
        await tenant.DeleteAsync(await tenant.DeployAsync("a"));

        await CollectAsync(control);
        var named = await tenant.TryCreateAsync(Tenant.Named("a"));
        named.Refusal.ShouldBeNull();
        await tenant.DeleteAsync(named.Value.Id);
        await AgeAsync(control, TimeSpan.FromDays(31));
        await CollectAsync(control);

        Blobs().ShouldBeEmpty();
        (await tenant.TryCreateAsync(Tenant.Named("a"))).Refusal!.Code.ShouldBe(RefusalCode.AssetNotFound);
        (await tenant.TryCreateAsync(Tenant.Sent("a"))).Refusal.ShouldBeNull();
        Blobs().Length.ShouldBe(1);
    }

    [Fact]
    public async Task Old_content_stays_for_the_deployment_that_has_it_and_for_nobody_else()
    {
        await using var control = await StartAsync(TimeSpan.FromDays(30));
        var (one, other) = (await Tenant.FirstAsync(control), await Tenant.AnotherAsync(control));
        await one.DeployAsync("shared");
        await other.DeleteAsync(await other.DeployAsync("shared"));
        await AgeAsync(control, TimeSpan.FromDays(31));

        await CollectAsync(control);

        Blobs().Length.ShouldBe(1);
        (await one.TryCreateAsync(Tenant.Named("shared"))).Refusal.ShouldBeNull();
        (await other.TryCreateAsync(Tenant.Named("shared"))).Refusal!.Code.ShouldBe(RefusalCode.AssetNotFound);
    }

    [Fact]
    public async Task Young_blob_without_a_row_may_be_an_upload_under_way()
    {
        await using var control = await StartAsync(TimeSpan.FromDays(30));
        var path = control.GetRequiredService<AssetStore>().PathOf(new string('a', 64));
        await File.WriteAllTextAsync(path, "");

        await CollectAsync(control);
        File.Exists(path).ShouldBeTrue();
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-2));
        await CollectAsync(control);

        File.Exists(path).ShouldBeFalse();
    }

    [Fact]
    public async Task No_deployment_loses_a_content_that_was_collected_while_it_was_created()
    {
        await using var control = await StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        var store = control.GetRequiredService<AssetStore>();
        using var enough = new CancellationTokenSource();
        var collecting = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
                await CollectAsync(control);
        });

        var (created, refused) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 40; round++)
            {
                // few contents, so that one is created, named and collected at the same time
                var text = $"{(worker + round) % 3}";
                var outcome = await tenant.TryCreateAsync((worker + round) % 2 == 0 ? Tenant.Sent(text) : Tenant.Named(text));
                if (outcome.Refusal is { } refusal)
                {
                    refusal.Code.ShouldBe(RefusalCode.AssetNotFound);
                    Interlocked.Increment(ref refused);
                    continue;
                }
                Interlocked.Increment(ref created);
                await Task.Delay(round % 3);
                File.Exists(store.PathOf(BlobName.Of(Tenant.Sent(text).Content!).Sha256)).ShouldBeTrue();
                await tenant.DeleteAsync(outcome.Value.Id);
            }
        })));
        await enough.CancelAsync();
        await collecting;

        created.ShouldBeGreaterThan(0);
        await CollectAsync(control);
        Blobs().ShouldBeEmpty();
    }

    /// <param name="keep">Null: nothing that is unused is kept.</param>
    Task<ServiceProvider> StartAsync(TimeSpan? keep = null) => directory.StartAsync(options => options.KeepUnusedAssets = keep ?? TimeSpan.Zero);

    static Task CollectAsync(ServiceProvider control) => control.GetRequiredService<CollectAssets>().RunAsync(default);

    /// <summary>As if all that was used had been used so much earlier.</summary>
    async Task AgeAsync(ServiceProvider control, TimeSpan by)
    {
        await using var scope = control.CreateAsyncScope();
        var earlier = DateTimeOffset.UtcNow - by;
        await scope.ServiceProvider.GetRequiredService<IsletDb>().Assets.ExecuteUpdateAsync(set => set.SetProperty(asset => asset.UsedAt, earlier));
        foreach (var blob in Blobs())
            File.SetLastWriteTimeUtc(blob, earlier.UtcDateTime);
    }

    string[] Artifacts() => Directory.Exists(directory.File("artifacts")) ? [.. Directory.EnumerateDirectories(directory.File("artifacts")).Select(path => Path.GetFileName(path)!)] : [];

    string[] Blobs() => [.. Directory.EnumerateFiles(directory.File("blobs"), "*", SearchOption.AllDirectories)];

    static async Task LogIsGoneAsync(ServiceProvider control, DeploymentId id) =>
        await Eventually.HoldsAsync(() => !control.GetRequiredService<BuildLogs>().List().Contains(id.Value));
}
