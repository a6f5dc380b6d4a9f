namespace Islet.Edge.Watching;

/// <summary>Requests and WebSockets of an isolate: those in flight, and how many have ended so far (it wraps around).</summary>
readonly record struct LiveLoad(int InFlight, uint Ended);
