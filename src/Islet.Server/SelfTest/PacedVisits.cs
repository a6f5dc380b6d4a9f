using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Islet.Server.SelfTest;

/// <summary>
/// Requests to one host at fixed times over one kept connection, by a thread of their own with real-time priority: what is
/// measured is the way through the server, not the turn of who asks. A request that could not be sent in time, since the one
/// before it had no answer yet, counts from the time it was due.
/// </summary>
/// <param name="connect">Called on the thread, again after each failure.</param>
/// <param name="seen">When it was due (a timestamp), how long its answer took, and what was wrong with it.</param>
sealed partial class PacedVisits(Func<Socket> connect, string host, string answer, TimeSpan every, TimeSpan patience, Action<long, TimeSpan, string?> seen)
{
    const int SCHED_FIFO = 1;

    readonly byte[] request = Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
    readonly byte[] expected = Encoding.ASCII.GetBytes(answer);
    readonly byte[] buffer = new byte[16 << 10];
    Socket? socket;

    /// <summary>Until then. To be the whole work of a thread.</summary>
    public void Run(CancellationToken ending)
    {
        var lowest = 1;
        _ = SetScheduler(0, SCHED_FIFO, ref lowest); // refused: as it was
        var step = (long)(every.TotalSeconds * Stopwatch.Frequency);
        for (var due = Stopwatch.GetTimestamp(); !ending.IsCancellationRequested; due += step)
        {
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } early)
            {
                Thread.Sleep(early); // the pace itself; a timer would come back by the pool, whose waiting is not to be measured
                due = Stopwatch.GetTimestamp();
            }
            var wrong = Ask();
            seen(due, Stopwatch.GetElapsedTime(due), ending.IsCancellationRequested ? null : wrong);
            if (wrong is not null)
                due = Stopwatch.GetTimestamp(); // told once, not for each that would have been asked meanwhile
        }
        socket?.Dispose();
    }

    /// <returns>What was wrong.</returns>
    string? Ask()
    {
        try
        {
            socket ??= Open();
            socket.Send(request);
            var length = 0;
            do
            {
                if (socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None) is not (> 0 and var count))
                    throw new IOException("the connection was closed");
                length += count;
            }
            while (!IsWhole(buffer.AsSpan(0, length)));
            return buffer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8) && buffer.AsSpan(0, length).EndsWith(expected) ? null
                : "the victim answered " + Encoding.Latin1.GetString(buffer, 0, Math.Min(length, 80));
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.WouldBlock or SocketError.TimedOut)
        {
            Close();
            return $"the victim did not answer within {patience.TotalSeconds} s";
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            Close();
            return "the victim could not be asked: " + failure.Message;
        }
    }

    Socket Open()
    {
        var opened = connect();
        (opened.NoDelay, opened.SendTimeout, opened.ReceiveTimeout) = (true, (int)patience.TotalMilliseconds, (int)patience.TotalMilliseconds);
        return opened;
    }

    void Close()
    {
        socket?.Dispose();
        socket = null;
    }

    static bool IsWhole(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        var body = bytes.Length - end - 4;
        foreach (var line in bytes[..end].Split("\r\n"u8))
            if (bytes[line] is { Length: > 15 } field && Ascii.EqualsIgnoreCase(field[..15], "content-length:"u8))
                return body >= int.Parse(field[15..], CultureInfo.InvariantCulture);
        throw new IOException("an answer without a length");
    }

    [LibraryImport("libc.so.6", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, ref int priority);
}
