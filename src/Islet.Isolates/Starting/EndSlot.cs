using Islet.Isolates.Supervision;

namespace Islet.Isolates.Starting;

/// <summary>Ends a slot and leaves nothing of it: process, cgroup, mounts, directory.</summary>
internal sealed class EndSlot(SlotNumbers numbers, TimeProvider time)
{
    static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(2);

    /// <summary>Asks, waits the grace, kills. Returns the exit code when all is gone.</summary>
    public async Task<int> RunAsync(Slot slot, TimeSpan grace)
    {
        // 1 ask
        if (grace > TimeSpan.Zero && !slot.Process.Exited.IsCompleted)
        {
            slot.Process.Terminate();
            await Task.WhenAny(slot.Process.Exited, Task.Delay(grace, time));
        }

        // 2 kill what is left, also after a clean end
        slot.Process.Kill();
        var code = await slot.Process.Exited;

        // 3 its last words: both ends close with the last process
        await Task.WhenAny(slot.Output.Finished, Task.Delay(OutputLimit, time));

        // 4 clean up
        await slot.Process.DisposeAsync();
        slot.Dispose();
        slot.Files.Remove();
        numbers.GiveBack(slot.Plan.Number);
        return code;
    }
}
