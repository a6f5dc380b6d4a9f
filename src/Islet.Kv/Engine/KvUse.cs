namespace Islet.Kv.Engine;

/// <summary>A database that stays open until this is disposed, once.</summary>
public sealed class KvUse : IDisposable
{
    readonly KvDatabases.Entry entry;
    readonly TimeProvider time;

    internal KvUse(KvDatabase database, KvDatabases.Entry entry, TimeProvider time) => (Database, this.entry, this.time) = (database, entry, time);

    public KvDatabase Database { get; }

    public void Dispose() => entry.Leave(time);
}
