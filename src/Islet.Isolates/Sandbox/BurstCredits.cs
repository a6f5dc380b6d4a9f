using System.Diagnostics;
using System.Globalization;
using Islet.Isolates.Linux;
using Microsoft.Win32.SafeHandles;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// Groups that compute for long run when nobody else wants the processor, so that who needs it seldom and briefly has it at once.
/// A group without <see cref="Credit"/> is idle (<c>cpu.idle</c>, Linux 5.15 and later; elsewhere nothing changes): on an empty
/// machine it computes as before, and beside others it goes on for what it earns. One with credit goes before the server's own
/// work. See docs/decisions/0035.
/// </summary>
internal sealed class BurstCredits
{
    const double Earned = 0.1;
    const double Most = 0.01;

    /// <summary>Weight of a group that has rested: as many ordinary threads.</summary>
    const int Weight = 8;

    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    /// <summary>Looking takes at most one part in so many of a processor.</summary>
    const int Part = 50;

    readonly Lock guard = new();
    readonly List<Account> accounts = [];

    /// <summary>It begins without credit. It is left alone when its files are gone.</summary>
    /// <param name="directory">Where <c>cpu.idle</c> is, and <c>cpu.shares</c> or <c>cpu.weight</c>.</param>
    /// <param name="usage"><c>cpuacct.usage</c> or <c>cpu.stat</c>.</param>
    public void Add(string directory, string usage)
    {
        if (!File.Exists(Path.Combine(directory, "cpu.idle")))
            return;
        var account = new Account(directory, File.OpenHandle(usage));
        account.Prefer(rested: false);
        lock (guard)
        {
            accounts.Add(account);
            if (accounts.Count == 1)
                new Thread(Look) { IsBackground = true, Name = "islet-credits" }.Start();
        }
    }

    // While there is a group. A thread of its own, ahead of others: it matters when the processors are full.
    void Look()
    {
        Scheduling.TakeTurns(0, -10);
        var last = Stopwatch.GetTimestamp();
        for (var pause = LookEvery; ;)
        {
            Thread.Sleep(pause); // the pace itself: looking is the whole work of this thread, and a timer would come by the pool, which is what may be late
            var now = Stopwatch.GetTimestamp();
            var elapsed = Stopwatch.GetElapsedTime(last, now).TotalSeconds;
            last = now;
            lock (guard)
            {
                accounts.RemoveAll(account => !account.Settle(elapsed));
                if (accounts.Count == 0)
                    return;
            }
            var took = Stopwatch.GetElapsedTime(now) * Part;
            pause = took > LookEvery ? took : LookEvery;
        }
    }

    sealed class Account(string directory, SafeFileHandle usage)
    {
        readonly Credit credit = new(Earned, Most);

        /// <returns>False: the group is gone, and nothing is held of it.</returns>
        public bool Settle(double elapsed)
        {
            if (Read(usage) is not { } total)
            {
                usage.Dispose();
                return false;
            }
            if (credit.Settle(elapsed, total))
                Prefer(credit.Rested);
            return true;
        }

        public void Prefer(bool rested)
        {
            try
            {
                File.WriteAllText(Path.Combine(directory, "cpu.idle"), rested ? "0" : "1"); // its weight is the ordinary one again
                if (rested && File.Exists(Path.Combine(directory, "cpu.shares")))
                    File.WriteAllText(Path.Combine(directory, "cpu.shares"), (1024 * Weight).ToString(CultureInfo.InvariantCulture));
                else if (rested)
                    File.WriteAllText(Path.Combine(directory, "cpu.weight"), (100 * Weight).ToString(CultureInfo.InvariantCulture));
                if (rested)
                    foreach (var process in File.ReadLines(Path.Combine(directory, "cgroup.procs")))
                        Scheduling.TakeTurnsOfPrograms(int.Parse(process, CultureInfo.InvariantCulture));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // removed meanwhile, which the next look sees
            }
        }

        // Nanoseconds, or "usage_usec" and microseconds; null when the group is gone.
        static double? Read(SafeFileHandle usage)
        {
            Span<byte> text = stackalloc byte[64];
            try
            {
                text = text[..RandomAccess.Read(usage, text, 0)];
            }
            catch (IOException)
            {
                return null;
            }
            var (name, unit) = text.StartsWith("usage_usec "u8) ? ("usage_usec ".Length, 1e-6) : (0, 1e-9);
            text = text[name..];
            var end = text.IndexOf((byte)'\n');
            return end > 0 && long.TryParse(text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number * unit : null;
        }
    }
}
