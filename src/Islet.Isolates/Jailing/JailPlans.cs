using Islet.Contracts;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Starting;

namespace Islet.Isolates.Jailing;

/// <summary>What surrounds a slot and a builder: the same walls, other mounts.</summary>
internal static class JailPlans
{
    /// <summary>All builders are one user, beside those of the slots: a cache stays writable for the next of them.</summary>
    public const int BuilderNumber = -1;

    const long SlotDenoDirectory = 32 << 20;
    const long BuilderTmp = 256 << 20;

    public static JailPlan OfSlot(SlotOrder order, SlotFiles files, RunDirectory run) => new(
        order.Name, order.Number, files.Directory,
        [
            JailMount.ReadWrite(JailPaths.Platform, files.Sockets),
            JailMount.ReadOnly(Preludes.ForAll, run.Boot("prelude.js")),
            JailMount.ReadOnly(Preludes.ForNode, run.Boot("node.js")),
            JailMount.ReadOnly(Preludes.ForKv, run.Boot("kv.js")),
            JailMount.ReadOnly("/etc/resolv.conf", run.Boot("resolv.conf")),
            JailMount.ReadOnly(JailPaths.Source, files.App),
            JailMount.Tmpfs("/tmp", order.TmpSize),
            JailMount.Tmpfs(JailPaths.DenoDir, SlotDenoDirectory),
            JailMount.ReadOnly(JailPaths.DenoDir + "/npm", files.Npm),
            JailMount.ReadOnly(JailPaths.DenoDir + "/remote", files.Remote),
            .. run.PlatformCertificate is { } certificate ? (JailMount[])[JailMount.ReadOnly(JailPaths.PlatformCertificate, certificate)] : [],
        ],
        SlotEnvironment.OfBoot(order.Limits.Memory), JailPaths.Source, [], order.Limits);

    public static JailPlan OfBuilder(BuilderOrder order, SlotFiles files)
    {
        var environment = new Dictionary<string, string>(order.Environment, StringComparer.Ordinal)
        {
            ["HOME"] = "/tmp",
            ["DENO_DIR"] = JailPaths.DenoDir,
            ["DENO_NO_UPDATE_CHECK"] = "1",
            ["NO_COLOR"] = "1",
        };
        List<JailMount> mounts =
        [
            JailMount.ReadOnly(JailPaths.Source, order.Source) with { BelowData = true },
            JailMount.ReadWrite(JailPaths.DenoDir, order.DenoDirectory) with { BelowData = true },
            JailMount.Tmpfs("/tmp", BuilderTmp),
        ];
        if (order.Proxy is { } proxy)
            mounts.Add(JailMount.ReadWrite(BuilderJob.ProxyPath, proxy) with { BelowData = true });
        return new JailPlan(order.Name, BuilderNumber, files.Directory, mounts, environment, JailPaths.Source, order.Arguments, order.Limits);
    }
}
