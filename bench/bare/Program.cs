// bare URL DIRECTORY: Kestrel with one endpoint for each file of the directory, which answers its bytes from memory and
// does nothing else. The yardstick of bench/scenarios/api.mjs.
var (url, directory) = (args[0], args[1]);
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(url);
var app = builder.Build();
foreach (var file in Directory.EnumerateFiles(directory))
{
    var bytes = File.ReadAllBytes(file);
    app.MapGet("/" + Path.GetFileName(file), () => Results.Bytes(bytes, "application/json"));
}

app.Run();
