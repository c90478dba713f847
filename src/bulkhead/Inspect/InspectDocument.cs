using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;

namespace Bulkhead.Cli.Inspect;

/// <summary>
/// One container as `docker inspect` shows it, under Docker's names; what Docker has no name for is in "isolation" and "loosenings".
/// </summary>
internal static class InspectDocument
{
    private const string Never = "0001-01-01T00:00:00Z";

    public static void Write(Utf8JsonWriter json, Workload workload)
    {
        WorkloadOptions options = workload.Record.Options;
        json.WriteStartObject();
        json.WriteString("Id", workload.Id);
        json.WriteString("Created", workload.Record.Created);
        json.WriteString("Path", options.Words[0]);
        JsonOutput.Texts(json, "Args", options.Words[1..]);
        WriteState(json, workload);
        json.WriteString("Image", options.Image?.Id ?? "");
        json.WriteNumber("RestartCount", workload.Restarts);
        json.WriteString("LogPath", workload.Folder.LogPath);
        json.WriteString("Name", "/" + workload.Name);
        json.WriteString("Platform", "linux");
        json.WriteString("Rootfs", options.Rootfs);
        if (options.Bundle is { } bundle)
            json.WriteString("Bundle", bundle);
        WriteMounts(json, options.Mounts);
        WriteConfig(json, workload.Record);
        HostConfig.Write(json, options);
        WriteNetwork(json, options);
        WriteIsolation(json, workload);
        JsonOutput.Texts(json, "loosenings", Rootless.Loosened(options));
        json.WriteEndObject();
    }

    private static void WriteState(Utf8JsonWriter json, Workload workload)
    {
        json.WriteStartObject("State");
        json.WriteString("Status", workload.Status);
        json.WriteBoolean("Running", workload.IsRunning);
        json.WriteBoolean("Paused", workload.Status == "paused");
        json.WriteBoolean("Restarting", workload.Status == Workload.RestartingStatus);
        json.WriteBoolean("OOMKilled", workload.Exit?.OomKilled ?? false);
        json.WriteBoolean("Dead", false);
        json.WriteNumber("Pid", workload.IsRunning ? workload.State!.Pid : 0);
        json.WriteNumber("ExitCode", workload.IsRunning ? 0 : workload.Exit?.Status ?? 0);
        json.WriteString("Error", workload.Exit?.Error is { Length: > 0 } error ? FlagErrors.Of(error, workload.Record.Options) : "");
        json.WriteString("StartedAt", workload.IsRunning ? workload.State!.Created : workload.Exit?.Started ?? Never);
        json.WriteString("FinishedAt", workload.Exit?.Finished ?? Never);
        if (workload.Health is { } health)
            HealthDocument.Write(json, health);
        json.WriteEndObject();
    }

    private static void WriteMounts(Utf8JsonWriter json, VolumeOption[] mounts)
    {
        json.WriteStartArray("Mounts");
        foreach (VolumeOption mount in mounts)
        {
            json.WriteStartObject();
            bool named = mount.Kind == VolumeKind.Volume;
            json.WriteString("Type", mount.Kind.ToString().ToLowerInvariant());
            if (named)
            {
                json.WriteString("Name", mount.Source);
                json.WriteString("Driver", "local");
            }
            json.WriteString("Source", named ? Machine.Volumes.PathOf(mount.Source) : mount.Source);
            json.WriteString("Destination", mount.Target);
            json.WriteString("Mode", mount.ReadOnly ? "ro" : "");
            json.WriteBoolean("RW", !mount.ReadOnly);
            json.WriteString("Propagation", mount.Propagation ?? (mount.Recursive ? "rprivate" : "private"));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteConfig(Utf8JsonWriter json, WorkloadRecord record)
    {
        WorkloadOptions options = record.Options;
        json.WriteStartObject("Config");
        json.WriteString("Hostname", options.Hostname ?? record.ShortId);
        json.WriteString("User", options.User ?? "");
        json.WriteBoolean("Tty", options.Terminal);
        json.WriteBoolean("OpenStdin", options.Interactive);
        JsonOutput.Texts(json, "Env", options.Env);
        JsonOutput.Texts(json, "Cmd", options.Command);
        if (options.Entrypoint is { } entrypoint)
            JsonOutput.Texts(json, "Entrypoint", [entrypoint]);
        else
            json.WriteNull("Entrypoint");
        json.WriteString("Image", options.Image?.Name ?? "");
        json.WriteString("Domainname", options.Domainname ?? "");
        json.WriteString("WorkingDir", options.WorkingDirectory ?? "");
        JsonOutput.Map(json, "Labels", options.Labels);
        json.WriteString("StopSignal", Signals.Name(options.StopSignal));
        json.WriteNumber("StopTimeout", options.StopTimeout);
        if (options.Health is { } health)
            HealthDocument.Write(json, health);
        json.WriteEndObject();
    }

    private static void WriteNetwork(Utf8JsonWriter json, WorkloadOptions options)
    {
        json.WriteStartObject("NetworkSettings");
        JsonOutput.Map(json, "Ports", []);
        json.WriteStartObject("Networks");
        json.WriteStartObject(options.Network);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteIsolation(Utf8JsonWriter json, Workload workload)
    {
        Confinement confinement = Confinement.Of(workload.Record.Options);
        Identity identity = Identity.Of(workload.Record.Options, workload.Folder);
        json.WriteStartObject("isolation");
        json.WriteString("tier", workload.Record.Options.Isolation ?? "hardened");
        if (workload.Record.Options.Image is { } image)
        {
            json.WriteString("imageManifest", image.Manifest);
            json.WriteString("imageSigner", image.Signer ?? "unsigned");
        }
        json.WriteStartObject("user");
        WriteIds(json, "inside", identity.Inside.Uid, identity.Inside.Gid);
        WriteIds(json, "outside", identity.OutsideUid, identity.OutsideGid);
        JsonOutput.Texts(json, "additionalGroups", System.Array.ConvertAll(identity.Inside.Groups, id => id.ToString(CultureInfo.InvariantCulture)));
        json.WriteEndObject();
        json.WriteBoolean("userNamespace", confinement.OwnUsers);
        if (identity.Range is { } range)
        {
            json.WriteStartObject("idRange");
            json.WriteNumber("first", range.First);
            json.WriteNumber("size", range.Size);
            json.WriteEndObject();
        }
        JsonOutput.Texts(json, "capabilities", confinement.Capabilities);
        json.WriteBoolean("noNewPrivileges", confinement.NoNewPrivileges);
        json.WriteStartObject("seccomp");
        json.WriteString("profile", confinement.SeccompProfile);
        if (confinement.AllowedCalls is { } calls)
            json.WriteNumber("allowedCalls", calls);
        json.WriteEndObject();
        json.WriteBoolean("landlock", confinement.Landlock);
        json.WriteBoolean("readonlyRootfs", !workload.Record.Options.Writable);
        JsonOutput.Texts(json, "namespaces", confinement.Namespaces);
        json.WriteEndObject();
    }

    private static void WriteIds(Utf8JsonWriter json, string name, uint? uid, uint? gid)
    {
        json.WriteStartObject(name);
        foreach ((string key, uint? id) in new KeyValuePair<string, uint?>[] { new("uid", uid), new("gid", gid) })
        {
            if (id is { } number)
                json.WriteNumber(key, number);
            else
                json.WriteNull(key);
        }
        json.WriteEndObject();
    }
}
