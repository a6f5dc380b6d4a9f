using System.Diagnostics;

namespace Islet.Server.SelfTest;

/// <summary>Short programs of the machine (<c>ip</c>).</summary>
static class Tool
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <exception cref="CannotRunException">It is not there, failed or took too long.</exception>
    public static async Task RunAsync(string name, string[] words, string input = "")
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(name, words) { RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false })!;
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Limit);
            if (process.ExitCode != 0)
                throw new CannotRunException($"{name} {string.Join(' ', words)}: {error.Trim()}");
        }
        catch (Exception failure) when (failure is System.ComponentModel.Win32Exception or TimeoutException)
        {
            throw new CannotRunException($"{name}: {failure.Message}", failure);
        }
    }
}
