using System.Text.Json;
using System.Text.Json.Serialization;
using Islet.Isolates.Sandbox;

namespace Islet.Isolates.Jailing.Remote;

/// <summary>What the server may ask of the jailer: this list and nothing else. Paths are below the data directory.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "ask")]
[JsonDerivedType(typeof(StartSlot), "slot")]
[JsonDerivedType(typeof(StartBuilder), "builder")]
[JsonDerivedType(typeof(Put), "put")]
[JsonDerivedType(typeof(Publish), "publish")]
[JsonDerivedType(typeof(LimitMemory), "memory")]
[JsonDerivedType(typeof(LimitTmp), "tmp")]
[JsonDerivedType(typeof(Terminate), "terminate")]
[JsonDerivedType(typeof(Kill), "kill")]
[JsonDerivedType(typeof(End), "end")]
[JsonDerivedType(typeof(Seal), "seal")]
[JsonDerivedType(typeof(Discard), "discard")]
[JsonDerivedType(typeof(Trust), "trust")]
internal abstract record Question
{
    /// <summary>Comes back with the answer; 0: none is wanted.</summary>
    public long Id { get; init; }
}

/// <summary>Answered with descriptors: output, error, control, then the listeners (streams, datagrams, DNS streams) in equal parts.</summary>
internal sealed record StartSlot(SlotOrder Order) : Question;

/// <summary>Answered with descriptors: output, error.</summary>
internal sealed record StartBuilder(BuilderOrder Order) : Question;

internal sealed record Put(string Name, string Artifact) : Question;

internal sealed record Publish(string Name) : Question;

internal sealed record LimitMemory(string Name, long Bytes) : Question;

internal sealed record LimitTmp(string Name, long Bytes) : Question;

internal sealed record Terminate(string Name) : Question;

internal sealed record Kill(string Name) : Question;

internal sealed record End(string Name) : Question;

internal sealed record Seal(string Directory, IReadOnlyList<string> Paths) : Question;

internal sealed record Discard(string Directory) : Question;

internal sealed record Trust(string Certificate) : Question;

/// <summary>What the jailer says. The first message of all tells what jails there are.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "say")]
[JsonDerivedType(typeof(Ready), "ready")]
[JsonDerivedType(typeof(Answer), "answer")]
[JsonDerivedType(typeof(Exited), "exited")]
internal abstract record Statement;

internal sealed record Ready(JailStatus Status) : Statement;

/// <param name="Failure">Null when it was done. <paramref name="Boot"/>: the slot did not come up, which is no fault of the jailer.</param>
internal sealed record Answer(
    long Id, string? Failure, bool Boot = false, bool Yes = false, string? ServeSocket = null, string? CpuUsageFile = null, string? MemoryStatFile = null) : Statement;

internal sealed record Exited(string Name, JailEnd End) : Statement;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 16)]
[JsonSerializable(typeof(Question))]
[JsonSerializable(typeof(Statement))]
internal sealed partial class JailerJson : JsonSerializerContext;
