using System.CommandLine;
using Islet.Server;
using Islet.Server.Hosts;
using Islet.Server.Restoring;
using Islet.Server.SelfTest;
using Islet.Server.Settings;

var options = ServeSettings.All.ToDictionary(
    setting => setting.Name,
    setting => new Option<string?>("--" + setting.Name)
    {
        Description = $"{setting.Help} [{setting.Variable}{(setting.Default is { } value ? ", default " + value : "")}]",
        Arity = setting.Name is ServeSettings.UnsafeNoJail or ServeSettings.SingleProcess ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    });

var serve = new Command("serve", "Run the server");
var settings = new Command("settings", "Print what `serve` would be told by these options, the environment and islet.json: name, value, who said so");
foreach (var option in options.Values)
{
    serve.Options.Add(option);
    settings.Options.Add(option);
}
serve.SetAction(async parsed =>
{
    ServerSettings? told = null;
    try
    {
        told = Read(parsed);
        if (told.Database is null)
            SocketThreads.RunContinuationsInline();
        return await ServerProcesses.RunAsync(told);
    }
    catch (Exception exception) when (StartFailure.Of(exception, told) is { } failure)
    {
        return failure.Tell();
    }
});
settings.SetAction(parsed =>
{
    try
    {
        foreach (var (name, value, from) in Read(parsed).Told)
            Console.WriteLine($"{name}\t{value}\t{from}");
        return 0;
    }
    catch (FormatException exception)
    {
        return StartFailure.Of(exception, null)!.Tell();
    }
});

// the host listens for signals itself
var command = new RootCommand("Islet: a self-hosted, multi-tenant isolate cloud") { serve, settings, SelfTestCommand.Make(), RestoreCommand.Make() }.Parse(args);
var code = await command.InvokeAsync(new() { ProcessTerminationTimeout = null });
return command.Errors.Count > 0 && args is [SelfTestCommand.Name, ..] ? SelfTestCommand.Usage : code;

ServerSettings Read(ParseResult parsed) => ServerSettings.Read(name =>
    parsed.GetResult(options[name]) is { Implicit: false } ? parsed.GetValue(options[name]) ?? "true" : null);
