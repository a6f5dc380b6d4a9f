using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// The only network of a builder jail: a Unix socket that takes proxy requests in absolute form
/// (<c>GET https://host/path</c>, RFC 9112 section 3.2.2; Deno sends https the same way to a <c>unix:</c> proxy) and
/// answers with what <see cref="ModuleFetch"/> may bring. TLS ends here, so every host is seen and checked.
/// </summary>
sealed class ModuleDoor : IAsyncDisposable
{
    static readonly string[] Returned =
        ["Content-Type", "Content-Encoding", "Location", "ETag", "Cache-Control", "Link", "X-TypeScript-Types", "SourceMap"];

    readonly WebApplication app;
    readonly ModuleFetch fetch;
    readonly ModuleHostRules rules;
    readonly BuildsOptions options;
    volatile FetchAccount? account;

    ModuleDoor(WebApplication app, ModuleFetch fetch, ModuleHostRules rules, BuildsOptions options)
    {
        (this.app, this.fetch, this.rules, this.options) = (app, fetch, rules, options);
    }

    /// <summary>Opens the door at a socket path; what a killed process left there is removed.</summary>
    public static async Task<ModuleDoor> OpenAsync(
        string socketPath, ModuleFetch fetch, ModuleHostRules rules, BuildsOptions options, CancellationToken cancellation)
    {
        File.Delete(socketPath);
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(socketPath, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.AddServerHeader = false;
        });
        var proxy = builder.Build();
        var door = new ModuleDoor(proxy, fetch, rules, options);
        proxy.Run(door.AnswerAsync);
        await proxy.StartAsync(cancellation);
        File.SetUnixFileMode(socketPath, (UnixFileMode)0b110_110_110);
        return door;
    }

    /// <summary>
    /// Opens the door for one build, until disposed: what it fetches is counted, what was refused or failed is told. One
    /// build at a time uses a door.
    /// </summary>
    public IDisposable OpenFor(Action<string> onRefused)
    {
        account = new(options, onRefused);
        return new Use(this);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    async Task AnswerAsync(HttpContext context)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        time.CancelAfter(options.FetchTimeLimit);
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (context.Request.Method != HttpMethods.Get
            || !Uri.TryCreate(target, UriKind.Absolute, out var asked)
            || (asked.Scheme != Uri.UriSchemeHttps && asked.Scheme != Uri.UriSchemeHttp))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }
        if (account is not { } build)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden; // no build is under way
            return;
        }
        var url = WithoutCredentials(asked);
        if ((rules.Refuse(url) ?? build.Begin(url)) is { } why)
        {
            build.Refused($"{url}: {why}");
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        try
        {
            using var answer = await fetch.SendAsync(url, name => context.Request.Headers[name], time.Token);
            if (answer.Headers.Location is { } location && Uri.TryCreate(url, location, out var next))
                build.Redirected(url, WithoutCredentials(next));
            await RelayAsync(answer, context.Response, build, time.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            if (context.RequestAborted.IsCancellationRequested)
                return;
            build.Refused($"{url}: {(exception is OperationCanceledException ? "no answer in time" : exception.Message)}");
            if (context.Response.HasStarted)
                context.Abort();
            else
                context.Response.StatusCode = StatusCodes.Status502BadGateway;
        }
    }

    /// <summary>Neither a user's name nor a fragment is sent or told.</summary>
    static Uri WithoutCredentials(Uri url) => new(url.GetComponents(UriComponents.SchemeAndServer | UriComponents.PathAndQuery, UriFormat.UriEscaped));

    async Task RelayAsync(HttpResponseMessage answer, HttpResponse response, FetchAccount build, CancellationToken cancellation)
    {
        if (answer.Content.Headers.ContentLength > options.MaxModuleBytes)
            throw TooLarge();
        response.StatusCode = (int)answer.StatusCode;
        foreach (var name in Returned)
            if (answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values))
                response.Headers[name] = values.ToArray();
        response.ContentLength = answer.Content.Headers.ContentLength;

        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[64 * 1024];
        for (long total = 0; await body.ReadAsync(buffer, cancellation) is > 0 and var read;)
        {
            if ((total += read) > options.MaxModuleBytes)
                throw TooLarge();
            build.Received(read);
            await response.Body.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }
    }

    HttpRequestException TooLarge() => new($"larger than {options.MaxModuleBytes} bytes");

    sealed class Use(ModuleDoor door) : IDisposable
    {
        public void Dispose() => door.account = null;
    }
}
