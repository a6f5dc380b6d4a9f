using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Islet.Edge.Listening;

/// <summary>
/// HTTP/1.1 and HTTP/2 with prior knowledge on one port without TLS. Kestrel decides per endpoint, so there is a second
/// one on a Unix socket that nobody knows, whose HTTP/2 half is borrowed for connections which begin with the preface.
/// </summary>
sealed class PlainPort
{
    ConnectionDelegate? http2;

    public static void Listen(KestrelServerOptions kestrel, EndPoint endPoint, string runDirectory, TimeSpan prefaceTimeout)
    {
        var port = new PlainPort();
        var socket = Path.Combine(runDirectory, $"h2-{Random.Shared.Next():x8}.sock");
        kestrel.ListenUnixSocket(socket, inner =>
        {
            inner.Protocols = HttpProtocols.Http2;
            inner.Use(next => port.http2 = next);
        });
        kestrel.Listen(endPoint, outer =>
        {
            outer.Protocols = HttpProtocols.Http1;
            Arrival.Count(outer);
            outer.Use(next => connection => port.ChooseAsync(connection, next, prefaceTimeout));
        });
    }

    static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    async Task ChooseAsync(ConnectionContext connection, ConnectionDelegate http1, TimeSpan timeout)
    {
        var input = connection.Transport.Input;
        var isHttp2 = false;
        using (var limit = new CancellationTokenSource(timeout))
        {
            try
            {
                while (true)
                {
                    var result = await input.ReadAsync(limit.Token);
                    var begin = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, Preface.Length));
                    var matches = Matches(begin);
                    isHttp2 = matches && begin.Length == Preface.Length;
                    var undecided = matches && !isHttp2 && !result.IsCompleted;
                    input.AdvanceTo(result.Buffer.Start, undecided ? result.Buffer.End : result.Buffer.Start);
                    if (!undecided)
                        break;
                }
            }
            catch (OperationCanceledException)
            {
                connection.Abort(new ConnectionAbortedException("Nothing was sent within the header timeout."));
                return;
            }
            catch (ConnectionResetException)
            {
                return; // gone; Kestrel would call it a fault
            }
        }

        await (isHttp2 ? http2! : http1)(connection);
    }

    static bool Matches(in System.Buffers.ReadOnlySequence<byte> begin)
    {
        Span<byte> bytes = stackalloc byte[24];
        System.Buffers.BuffersExtensions.CopyTo(begin, bytes);
        return Preface.StartsWith(bytes[..(int)begin.Length]);
    }
}
