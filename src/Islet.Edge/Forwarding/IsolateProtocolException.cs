namespace Islet.Edge.Forwarding;

/// <summary>The isolate sent something that is not HTTP/1.1. The link is closed and nothing after it is believed.</summary>
sealed class IsolateProtocolException(string message) : Exception(message);
