using System.Text.Json;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Inspect;

/// <summary>The part of Docker's document that holds limits and loosenings.</summary>
internal static class HostConfig
{
    private const double NanoCpus = 1e9;

    public static void Write(Utf8JsonWriter json, WorkloadOptions options)
    {
        LimitOptions limits = options.Limits;
        json.WriteStartObject("HostConfig");
        json.WriteNumber("Memory", limits.Memory ?? 0);
        json.WriteNumber("MemorySwap", limits.MemorySwap ?? 0);
        json.WriteNumber("MemoryReservation", limits.MemoryReservation ?? 0);
        json.WriteNumber("NanoCpus", (long)((limits.Cpus ?? 0) * NanoCpus));
        json.WriteNumber("CpuShares", limits.CpuShares ?? 0);
        json.WriteNumber("CpuQuota", limits.CpuQuota ?? 0);
        json.WriteNumber("CpuPeriod", limits.CpuPeriod ?? 0);
        if (limits.MemorySwappiness is { } swappiness)
            json.WriteNumber("MemorySwappiness", swappiness);
        else
            json.WriteNull("MemorySwappiness");
        json.WriteString("CpusetCpus", limits.CpusetCpus ?? "");
        json.WriteString("CpusetMems", limits.CpusetMems ?? "");
        if (limits.Pids is { } pids)
            json.WriteNumber("PidsLimit", pids);
        else
            json.WriteNull("PidsLimit");
        JsonOutput.Texts(json, "CapAdd", options.CapAdd);
        JsonOutput.Texts(json, "CapDrop", options.CapDrop);
        JsonOutput.Texts(json, "SecurityOpt", options.SecurityOptions);
        json.WriteBoolean("Privileged", options.Privileged);
        json.WriteBoolean("ReadonlyRootfs", !options.Writable);
        json.WriteBoolean("AutoRemove", options.Remove);
        json.WriteStartObject("RestartPolicy");
        json.WriteString("Name", (options.Restart with { MaxRetries = 0 }).ToString());
        json.WriteNumber("MaximumRetryCount", options.Restart.MaxRetries);
        json.WriteEndObject();
        json.WriteBoolean("Init", options.Init);
        json.WriteStartArray("Devices");
        foreach (DeviceOption device in options.Devices)
        {
            json.WriteStartObject();
            json.WriteString("PathOnHost", device.Source);
            json.WriteString("PathInContainer", device.Target);
            json.WriteString("CgroupPermissions", device.Access);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("NetworkMode", options.Network);
        JsonOutput.Texts(json, "ExtraHosts", options.AddHosts);
        JsonOutput.Texts(json, "Dns", options.Dns);
        JsonOutput.Texts(json, "DnsOptions", options.DnsOptions);
        JsonOutput.Texts(json, "DnsSearch", options.DnsSearch);
        JsonOutput.Texts(json, "GroupAdd", options.GroupAdd);
        json.WriteString("UTSMode", options.HostUts ? "host" : "");
        json.WriteString("CgroupParent", options.CgroupParent ?? "");
        json.WriteNumber("OomScoreAdj", options.OomScoreAdj ?? 0);
        json.WriteNumber("ShmSize", options.ShmSize);
        JsonOutput.Map(json, "Sysctls", options.Sysctls);
        JsonOutput.Map(json, "Annotations", options.Annotations);
        json.WriteStartObject("LogConfig");
        json.WriteString("Type", "json-file");
        json.WriteStartObject("Config");
        json.WriteString("max-size", options.Logs.MaxSize.ToString(System.Globalization.CultureInfo.InvariantCulture));
        json.WriteString("max-file", options.Logs.MaxFiles.ToString(System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
