using System.Globalization;

namespace Islet.Isolates.Starting;

/// <summary>
/// What makes <c>Deno.openKv()</c> open the deployment's database: a name that leads to the platform from inside slots only.
/// Which database that is, the platform knows by the slot. A program without one is told so when it asks.
/// </summary>
static class SlotDatabase
{
    const string Host = "kv.islet.internal";

    /// <summary>What the program's permissions have to let through.</summary>
    public const string Hosts = Host + ",queue.islet.internal";

    public static void AddTo(Dictionary<string, string> environment, Guid? database)
    {
        environment["DENO_KV_REQUIRES_DISTRIBUTED_DATABASE"] = "error";
        if (database is not { } id)
            return;
        environment["DENO_KV_DEFAULT_PATH"] = string.Create(CultureInfo.InvariantCulture, $"http://{Host}/databases/{id:D}/connect");
        environment["DENO_KV_ACCESS_TOKEN"] = "isolate"; // no secret: the client only asks for one
    }
}
