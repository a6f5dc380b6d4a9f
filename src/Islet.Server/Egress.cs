using Islet.ControlPlane.Domains;
using Islet.Edge;
using Islet.Gateway;
using Islet.Gateway.Crons;
using Islet.Gateway.Handover;
using Islet.Gateway.Secrets;
using Islet.Gateway.SlotServices;
using Islet.Gateway.Telemetry;
using Islet.Gateway.Tls;
using Islet.Isolates;
using Islet.Kv.Connect;
using Islet.Kv.Queues;
using Islet.Server.Hosts;
using Islet.Server.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Islet.Server;

/// <summary>What programs find on their way out: the gateway, the platform's services and doors behind it.</summary>
static class Egress
{
    public static void AddRooms(IServiceCollection services, IConfiguration configuration, ServerSettings settings)
    {
        // 1 who signs for the platform inside slots
        services.Configure<GatewayTlsOptions>(configuration.GetSection("Gateway:Tls"));
        services.PostConfigure<GatewayTlsOptions>(options => options.KeysDirectory = Path.Combine(settings.DataDirectory, "keys"));
        services.AddOptions<IsolatesOptions>().PostConfigure<InternalCa>((options, ca) => options.PlatformCertificate = ca.CertificatePem);

        // 2 doors and services
        services.AddHandover();
        services.AddSingleton(new PlatformDoor(new HandoverEndPoint("platform"), new HandoverEndPoint("platform-tls")));
        services.AddEgressSecrets();
        services.AddTelemetry();
        services.AddSlotService(
            TelemetrySetup.Host, TelemetrySetup.Port, HttpProtocols.Http1, provider => provider.GetRequiredService<ReceiveTelemetry>().RunAsync);
        services.PostConfigure<IsolatesOptions>(options => options.Telemetry = true);
        services.AddSlotService(
            ServeSlots.Host, ServeSlots.Port, HttpProtocols.Http2, provider => OnThreadPool(provider.GetRequiredService<ServeSlots>().RunAsync), ServeSlots.Streams);
        services.AddSlotService(ServeQueue.Host, ServeQueue.Port, HttpProtocols.Http1, provider => OnThreadPool(provider.GetRequiredService<ServeQueue>().RunAsync));
        services.AddIsolateCrons();

        // 3 the gateway
        services.AddGateway();
        services.Configure<GatewayOptions>(configuration.GetSection("Gateway"));
        services.PostConfigure<GatewayOptions>(options =>
        {
            (options.Domain, options.Listen, options.TlsListen) = (settings.Domain, settings.Listen, settings.TlsListen);
            options.CustomHostsAreProven = configuration["Domains:Verification"] != DomainsOptions.Trust;
        });
    }

    /// <summary>Sockets complete inline, and a database is more than a relay: see docs/decisions/0004.</summary>
    static RequestDelegate OnThreadPool(RequestDelegate serve) => context => SocketThreads.LeaveAsync(serve, context);

    /// <summary>What slots send to the platform itself comes in here, beside its visitors.</summary>
    public static void Listen(KestrelServerOptions kestrel, string runDirectory)
    {
        var door = kestrel.ApplicationServices.GetRequiredService<PlatformDoor>();
        kestrel.ListenOnHandover(door.Plain, door.Tls, HandedTls.ForAnyName(kestrel.ApplicationServices.GetRequiredService<InternalCa>()), runDirectory);
    }
}
