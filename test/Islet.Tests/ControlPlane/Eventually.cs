namespace Islet.Tests.ControlPlane;

static class Eventually
{
    /// <summary>Waits until it holds, for 10 s at most.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> holds)
    {
        for (var tries = 0; !await holds(); tries++)
        {
            tries.ShouldBeLessThan(500, "it did not happen within 10 s");
            await Task.Delay(20);
        }
    }

    public static Task HoldsAsync(Func<bool> holds) => HoldsAsync(() => Task.FromResult(holds()));
}
