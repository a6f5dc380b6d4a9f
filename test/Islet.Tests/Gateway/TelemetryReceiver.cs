using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Islet.Contracts;
using Islet.Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Gateway;

/// <summary>The receiver behind a real Kestrel on loopback. Every connection to it counts as one of <see cref="Caller"/>.</summary>
sealed class TelemetryReceiver : IAsyncDisposable
{
    public static readonly SlotCaller Caller = new(
        new IsolateId(7), new DeploymentId("aaaaaaaaaaaa"), default, default, new IPEndPoint(IPAddress.Parse("198.18.0.2"), 4318), TelemetrySetup.Host);

    readonly WebApplication server;

    TelemetryReceiver(WebApplication server) => this.server = server;

    public HttpClient Client { get; } = new();

    /// <param name="listener">Where to listen instead of a free port.</param>
    public static async Task<TelemetryReceiver> StartAsync(IIsolateConsole console, SlotCaller? caller, Socket? listener = null, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (listener is null)
                kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0));
            else
                kestrel.ListenHandle((ulong)listener.Handle);
        });
        builder.Services.AddLogging(log => log.SetMinimumLevel(LogLevel.None));
        builder.Services.AddSingleton(console);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddTelemetry();
        var app = builder.Build();
        var receive = app.Services.GetRequiredService<ReceiveTelemetry>();
        app.Run(context =>
        {
            context.Features.Set(caller);
            return receive.RunAsync(context);
        });
        await app.StartAsync();
        var receiver = new TelemetryReceiver(app);
        if (listener is null)
            receiver.Client.BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return receiver;
    }

    public async Task<HttpResponseMessage> PostAsync(string json, string path = "/v1/logs", string type = "application/json", string? encoding = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) };
        request.Content.Headers.TryAddWithoutValidation("content-type", type);
        if (encoding is not null)
            request.Content.Headers.ContentEncoding.Add(encoding);
        request.Headers.ExpectContinue = true; // a refusal comes before the body, not into the middle of it
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await server.DisposeAsync();
    }
}

sealed class RecordedConsole : IIsolateConsole
{
    readonly ConcurrentQueue<(IsolateId Isolate, ConsoleRecord Record)> records = new();

    public IReadOnlyList<ConsoleRecord> Records => [.. records.Select(entry => entry.Record)];

    public IEnumerable<IsolateId> Isolates => records.Select(entry => entry.Isolate).Distinct();

    public void Write(IsolateId isolate, in ConsoleRecord record) => records.Enqueue((isolate, record));
}
