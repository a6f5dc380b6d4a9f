using System.CommandLine;
using System.Runtime.InteropServices;
using Islet.Isolates.Sandbox;

namespace Islet.Server.SelfTest;

/// <summary><c>islet selftest --attack</c>: hostile programs of our own against a server of this installation.</summary>
static class SelfTestCommand
{
    public const string Name = "selftest";

    /// <summary>Exit code when its words cannot be understood: 1 is that of an escape.</summary>
    public const int Usage = 2;

    const int Escapes = 1;
    const int CannotRun = 3;

    public static Command Make()
    {
        var attack = new Option<bool>("--attack") { Description = "Run the attack programs against a server in a network of its own (as root)" };
        var only = new Option<string[]>("--only") { Description = "Only attacks whose group/name matches, such as 'sandbox/*'; repeatable" };
        var without = new Option<string[]>("--without") { Description = $"Leave a wall out, to show that the others hold alone: {string.Join(", ", Walls.All.Order(StringComparer.Ordinal))}" };
        var lacks = new Option<string[]>("--lacks") { Description = "What this build does not have (egress, limits, otel): attacks that need it are not judged" };
        var noJail = new Option<bool>("--unsafe-no-jail") { Description = "No jail and all of Deno's permissions, to show that attacks can succeed" };
        var unmeasured = new Option<bool>("--unmeasured") { Description = "Do not judge how late a neighbour answers beside loud attacks: this machine does other work, too" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        without.AcceptOnlyFromAmong([.. Walls.All]);
        lacks.AcceptOnlyFromAmong("egress", "limits", "otel");
        var command = new Command(Name, "Attack this installation's own walls") { attack, only, without, lacks, noJail, unmeasured, json };
        command.SetAction(async parsed =>
        {
            if (!parsed.GetValue(attack))
            {
                await Console.Error.WriteLineAsync("islet: selftest wants --attack");
                return Usage;
            }
            List<string> walls = [.. parsed.GetValue(without) ?? []];
            if (parsed.GetValue(noJail))
                walls.Add(Walls.DenoPermissions);
            return await RunAsync(new([.. parsed.GetValue(only) ?? []], walls, [.. parsed.GetValue(lacks) ?? []], parsed.GetValue(noJail), parsed.GetValue(unmeasured), parsed.GetValue(json)));
        });
        return command;
    }

    static async Task<int> RunAsync(SelfTestOptions options)
    {
        using var ending = new CancellationTokenSource();
        void Ask(PosixSignalContext context)
        {
            context.Cancel = true; // the world has to be removed first
            ending.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask);
        try
        {
            if (!Environment.IsPrivilegedProcess)
                throw new CannotRunException("The self test makes network namespaces: run it as root");
            var attacks = Attack.Find(options.Only).Where(attack => !options.NoJail || attack.IsHarmless).ToList();
            if (attacks.All(attack => attack.IsControl))
                throw new FormatException($"No attack matches '{string.Join("', '", options.Only)}'");
            return await new AttackRun(options, new Report(options)).RunAsync(attacks, ending.Token);
        }
        catch (FormatException exception)
        {
            await Console.Error.WriteLineAsync("islet: " + exception.Message);
            return Usage;
        }
        catch (CannotRunException exception)
        {
            await Console.Error.WriteLineAsync("islet: " + exception.Message);
            return CannotRun;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("islet: the self test was interrupted");
            return Escapes;
        }
    }
}
