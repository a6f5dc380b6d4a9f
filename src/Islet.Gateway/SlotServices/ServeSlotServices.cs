using Islet.Gateway.Handover;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.Gateway.SlotServices;

/// <summary>
/// A Kestrel of its own for the platform's services inside slots. It has no address; nothing but what the gateway hands
/// over reaches it, and each connection knows its application.
/// </summary>
sealed class ServeSlotServices(IEnumerable<SlotApplication> applications, IEnumerable<SlotStream> streams, ILoggerFactory logs) : IHostedService, IAsyncDisposable
{
    WebApplication? server;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton(logs);
        builder.Services.AddHandover();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            foreach (var application in applications)
            {
                kestrel.Limits.Http2.MaxStreamsPerConnection = Math.Max(kestrel.Limits.Http2.MaxStreamsPerConnection, application.Streams);
                kestrel.Listen(application.Service.EndPoint, listen =>
                {
                    listen.Protocols = application.Protocols;
                    listen.Use(next => connection =>
                    {
                        connection.Features.Set(application);
                        return next(connection);
                    });
                });
            }

            foreach (var stream in streams)
                kestrel.Listen(stream.Service.EndPoint, listen => listen.Run(connection => stream.Serve(connection)));
        });
        server = builder.Build();
        server.Run(context => context.Features.Get<SlotApplication>()!.Serve(context));
        await server.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
