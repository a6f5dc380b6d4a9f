using System.Collections.Immutable;
using Islet.Kv.Engine;

namespace Islet.Kv.Watching;

/// <summary>Who waits for changes of a database. The writer tells them after each commit, and pays nothing when there are none.</summary>
sealed class KeyWatchers
{
    ImmutableArray<KeyWatcher> all = [];

    public bool Any => !all.IsEmpty;

    public int Count => all.Length;

    public KeyWatcher Add(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        var watcher = new KeyWatcher(keys, this);
        ImmutableInterlocked.Update(ref all, static (all, watcher) => all.Add(watcher), watcher);
        return watcher;
    }

    public void Remove(KeyWatcher watcher) => ImmutableInterlocked.Update(ref all, static (all, watcher) => all.Remove(watcher), watcher);

    public void Tell(Dictionary<ReadOnlyMemory<byte>, KeyState> changes)
    {
        foreach (var watcher in all)
            foreach (var key in watcher.Keys)
                if (changes.ContainsKey(key))
                {
                    watcher.Ring();
                    break;
                }
    }

    public void Tell(IReadOnlyList<ReadOnlyMemory<byte>> changed)
    {
        if (changed.Count == 0 || !Any)
            return;
        var keys = changed.ToHashSet(KeyComparer.Instance);
        foreach (var watcher in all)
            foreach (var key in watcher.Keys)
                if (keys.Contains(key))
                {
                    watcher.Ring();
                    break;
                }
    }

    /// <summary>Somebody else has changed something.</summary>
    public void TellAll()
    {
        foreach (var watcher in all)
            watcher.Ring();
    }

    /// <summary>The database is closed: streams end, and their clients come again.</summary>
    public void End()
    {
        foreach (var watcher in all)
            watcher.End();
    }
}
