namespace Islet.Tests.Logs;

/// <summary>One server for a class of tests.</summary>
public sealed class LogServer : IAsyncLifetime
{
    internal LogApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Api = await LogApi.StartAsync();

    public ValueTask DisposeAsync() => Api.DisposeAsync();
}
