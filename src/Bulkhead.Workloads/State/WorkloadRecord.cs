using System.Text.Json.Serialization;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Workloads;

/// <summary>One container as people know it: kept from create to rm, also while nothing of it runs.</summary>
public sealed record WorkloadRecord
{
    public const int CurrentVersion = 1;

    public int Version { get; set; } = CurrentVersion;

    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>RFC 3339, UTC.</summary>
    public required string Created { get; init; }

    public required WorkloadOptions Options { get; init; }

    [JsonIgnore]
    public string ShortId => Id[..12];
}

/// <summary>How a workload's program ended last.</summary>
public sealed record ExitRecord
{
    /// <summary>As a shell has it: 128 + n for signal n.</summary>
    public required int Status { get; init; }

    /// <summary>RFC 3339, UTC.</summary>
    public required string Started { get; init; }

    public required string Finished { get; init; }

    /// <summary>The kernel killed in it for memory, its first process or another.</summary>
    public bool OomKilled { get; init; }

    /// <summary>Why it never ran; empty when it did.</summary>
    public string Error { get; set; } = "";

    /// <summary>How often it had been run again before this end.</summary>
    public int Restarts { get; init; }

    /// <summary>Its monitor is about to run it again.</summary>
    public bool Restarting { get; init; }

    /// <summary>Nobody saw the end: the monitor was killed. <see cref="Status"/> is then <see cref="ExitStatus.Unknown"/>.</summary>
    public bool StatusUnknown { get; init; }
}

/// <summary>To read records by.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(WorkloadRecord))]
[JsonSerializable(typeof(ExitRecord))]
[JsonSerializable(typeof(VolumeRecord))]
[JsonSerializable(typeof(HealthRecord))]
internal sealed partial class RecordReading : JsonSerializerContext;

/// <summary>
/// To write them by: without what describes their properties, whose making cost a start 1.5 ms.
/// </summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(WorkloadRecord))]
[JsonSerializable(typeof(ExitRecord))]
[JsonSerializable(typeof(VolumeRecord))]
[JsonSerializable(typeof(HealthRecord))]
internal sealed partial class RecordWriting : JsonSerializerContext;
