using System.CommandLine;
using Islet.Isolates;
using Islet.Server;
using Islet.Server.Hosts;
using Islet.Server.Settings;

SocketThreads.RunContinuationsInline();

var options = ServeSettings.All.ToDictionary(
    setting => setting.Name,
    setting => new Option<string?>("--" + setting.Name)
    {
        Description = $"{setting.Help} [{setting.Variable}]",
        Arity = setting.Name == ServeSettings.UnsafeNoJail ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    });
var serve = new Command("serve", "Run the server");
foreach (var option in options.Values)
    serve.Options.Add(option);
serve.SetAction(async parsed =>
{
    try
    {
        await Serve.RunAsync(ServerSettings.Read(name =>
            parsed.GetResult(options[name]) is { Implicit: false } ? parsed.GetValue(options[name]) ?? "true" : null));
        return 0;
    }
    catch (FormatException exception)
    {
        await Console.Error.WriteLineAsync(exception.Message);
        return ExitCode.BadSetting;
    }
    catch (JailUnavailableException exception)
    {
        await Console.Error.WriteLineAsync(exception.Message);
        return ExitCode.NoJail;
    }
});

// the host listens for signals itself
return await new RootCommand("Islet: a self-hosted, multi-tenant isolate cloud") { serve }.Parse(args)
    .InvokeAsync(new() { ProcessTerminationTimeout = null });
