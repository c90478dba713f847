using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Bulkhead.Linux.Seccomp;

namespace Bulkhead.Linux.Tests.Seccomp;

/// <summary>Profiles from the OCI form.</summary>
internal static class Profiles
{
    /// <summary>linux.seccomp of a config.json that dockerd 20.10 wrote for a container with the default capabilities.</summary>
    public static SeccompProfile Docker() => Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data/docker-seccomp.json")));

    public static SeccompProfile Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        Assert.True(SeccompNames.TryParseAction(root.GetProperty("defaultAction").GetString(), out SeccompAction action));
        SeccompArch[] archs = root.GetProperty("architectures").EnumerateArray().Select(e => Arch(e.GetString()!)).ToArray();
        SeccompRule[] rules = root.GetProperty("syscalls").EnumerateArray().Select(Rule).ToArray();
        return new SeccompProfile(action, Errno(root, "defaultErrnoRet"), archs, rules);
    }

    private static SeccompArch Arch(string name)
    {
        Assert.True(SeccompNames.TryParseArch(name, out SeccompArch arch));
        return arch;
    }

    private static uint Errno(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetUInt32() : 1;

    private static SeccompRule Rule(JsonElement rule)
    {
        Assert.True(SeccompNames.TryParseAction(rule.GetProperty("action").GetString(), out SeccompAction action));
        string[] names = rule.GetProperty("names").EnumerateArray().Select(e => e.GetString()!).ToArray();
        SeccompArgument[] arguments = rule.TryGetProperty("args", out JsonElement args) ? args.EnumerateArray().Select(Argument).ToArray() : [];
        return new SeccompRule(names, action, Errno(rule, "errnoRet"), arguments);
    }

    private static SeccompArgument Argument(JsonElement argument)
    {
        Assert.True(SeccompNames.TryParseOperator(argument.GetProperty("op").GetString(), out SeccompOperator comparison));
        ulong two = argument.TryGetProperty("valueTwo", out JsonElement value) ? value.GetUInt64() : 0;
        return new SeccompArgument(argument.GetProperty("index").GetInt32(), argument.GetProperty("value").GetUInt64(), two, comparison);
    }
}
