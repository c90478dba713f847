using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose.Seccomp;

/// <summary>
/// A profile in Docker's format (which podman's and containerd's users have too): the specification's, with architectures by a map and with
/// rules that hold for some capabilities, architectures and kernels only. A profile in the specification's own format is one without these.
/// </summary>
public static class DockerProfile
{
    private const string Architecture = "amd64", Native = "SCMP_ARCH_X86_64";

    /// <param name="json">The document.</param>
    /// <param name="path">For messages.</param>
    /// <param name="capabilities">CAP_* that the container's processes may have.</param>
    public static LinuxSeccomp Resolve(byte[] json, string path, IReadOnlyList<string> capabilities)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Resolve(document.RootElement, capabilities, KernelVersion.Current());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new StepException($"--security-opt seccomp={path}: not a profile in Docker's format: {error.Message}");
        }
    }

    internal static LinuxSeccomp Resolve(JsonElement root, IReadOnlyList<string> capabilities, KernelVersion kernel)
    {
        var rules = new List<LinuxSyscall>();
        foreach (JsonElement call in Items(root, "syscalls"))
        {
            if (Applies(call, capabilities, kernel))
                rules.Add(Rule(call));
        }
        return new LinuxSeccomp
        {
            DefaultAction = Text(root, "defaultAction") ?? "",
            DefaultErrnoRet = Number(root, "defaultErrnoRet"),
            Architectures = Architectures(root),
            Flags = Texts(root, "flags"),
            ListenerPath = Text(root, "listenerPath") is { Length: > 0 } listener ? listener : null,
            ListenerMetadata = Text(root, "listenerMetadata") is { Length: > 0 } metadata ? metadata : null,
            Syscalls = rules.ToArray(),
        };
    }

    private static string[] Architectures(JsonElement root)
    {
        string[] list = Texts(root, "architectures");
        var result = new List<string>(list);
        foreach (JsonElement entry in Items(root, "archMap"))
        {
            if (list.Length > 0)
                throw new FormatException("\"architectures\" and \"archMap\" exclude each other");
            if (Text(entry, "architecture") != Native)
                continue;
            result.Add(Native);
            result.AddRange(Texts(entry, "subArchitectures"));
        }
        return result.ToArray();
    }

    private static bool Applies(JsonElement call, IReadOnlyList<string> capabilities, KernelVersion kernel)
    {
        if (call.TryGetProperty("includes", out JsonElement includes) && includes.ValueKind == JsonValueKind.Object)
        {
            string[] architectures = Texts(includes, "arches");
            if (architectures.Length > 0 && Array.IndexOf(architectures, Architecture) < 0)
                return false;
            // All of them, as moby has it.
            if (!Array.TrueForAll(Texts(includes, "caps"), cap => Has(capabilities, cap)))
                return false;
            if (Text(includes, "minKernel") is { Length: > 0 } least && !kernel.IsAtLeast(KernelVersion.Parse(least)))
                return false;
        }
        if (call.TryGetProperty("excludes", out JsonElement excludes) && excludes.ValueKind == JsonValueKind.Object)
        {
            if (Array.IndexOf(Texts(excludes, "arches"), Architecture) >= 0 || Array.Exists(Texts(excludes, "caps"), cap => Has(capabilities, cap)))
                return false;
            if (Text(excludes, "minKernel") is { Length: > 0 } least && kernel.IsAtLeast(KernelVersion.Parse(least)))
                return false;
        }
        return true;
    }

    private static LinuxSyscall Rule(JsonElement call)
    {
        string[] names = Texts(call, "names");
        // The format before Docker 1.12.
        if (Text(call, "name") is { Length: > 0 } name)
            names = names.Length == 0 ? [name] : throw new FormatException("\"name\" and \"names\" exclude each other");
        var conditions = new List<LinuxSeccompArg>();
        foreach (JsonElement arg in Items(call, "args"))
        {
            conditions.Add(new LinuxSeccompArg
            {
                Index = Number(arg, "index") ?? 0,
                Value = Long(arg, "value"),
                ValueTwo = Long(arg, "valueTwo"),
                Op = Text(arg, "op") ?? "",
            });
        }
        return new LinuxSyscall { Names = names, Action = Text(call, "action") ?? "", ErrnoRet = Number(call, "errnoRet"), Args = conditions.ToArray() };
    }

    private static bool Has(IReadOnlyList<string> list, string text)
    {
        foreach (string item in list)
        {
            if (item == text)
                return true;
        }
        return false;
    }

    /// <summary>Go writes an empty list as null.</summary>
    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement list) && list.ValueKind != JsonValueKind.Null ? list.EnumerateArray() : default;

    private static string[] Texts(JsonElement element, string name)
    {
        var result = new List<string>();
        foreach (JsonElement item in Items(element, name))
            result.Add(item.GetString() ?? "");
        return result.ToArray();
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static uint? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetUInt32() : null;

    private static ulong Long(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetUInt64() : 0;
}

/// <summary>The first two numbers of a kernel's release.</summary>
internal readonly record struct KernelVersion(int Major, int Minor)
{
    public static KernelVersion Current() => Parse(TextFile.Lines("/proc/sys/kernel/osrelease")[0]);

    public static KernelVersion Parse(string release)
    {
        string[] parts = release.Split('.', '-', '+');
        return parts.Length >= 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
            ? new KernelVersion(major, minor)
            : throw new FormatException($"'{release}' is no kernel version");
    }

    public bool IsAtLeast(KernelVersion other) => Major > other.Major || (Major == other.Major && Minor >= other.Minor);
}
