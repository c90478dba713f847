using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.Linux;
using Bulkhead.Linux.Seccomp;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Compose.Seccomp;

/// <summary>--security-opt seccomp=...: the default profile with what it is told to allow, one of the caller's, or none.</summary>
public static class SeccompChoice
{
    private const string Profile = "seccomp=", Allow = "seccomp-allow=", Unconfined = "unconfined", Default = "default";
    private const int MaxSize = 4 << 20;

    /// <param name="options">All of --security-opt; those of others are passed over.</param>
    /// <param name="capabilities">CAP_* that the container's processes may have.</param>
    public static LinuxSeccomp? Of(IReadOnlyList<string> options, IReadOnlyList<string> capabilities)
    {
        string profile = Default;
        var allow = new List<string>();
        foreach (string option in options)
        {
            if (option.StartsWith(Profile, StringComparison.Ordinal))
                profile = option[Profile.Length..];
            else if (option.StartsWith(Allow, StringComparison.Ordinal))
                allow.AddRange(Words(option));
        }
        if (allow.Count > 0 && profile != Default)
            throw new StepException($"--security-opt: seccomp-allow adds to the default profile, not to seccomp={profile}");
        return profile switch
        {
            Unconfined => null,
            Default => DefaultProfile.Make(capabilities, allow),
            _ => DockerProfile.Resolve(Read(profile), profile, capabilities),
        };
    }

    /// <summary>One --security-opt as it is kept: a profile's path absolute, so that a later start finds it.</summary>
    /// <exception cref="StepException">It is none of those that there are, or names a call that does not exist.</exception>
    public static string Normalize(string option)
    {
        if (option.StartsWith(Allow, StringComparison.Ordinal) && Words(option).Length > 0)
            return option;
        if (option is Profile + Unconfined or Profile + Default or "landlock=off" or "no-new-privileges" or "no-new-privileges=true" or "no-new-privileges:true")
            return option;
        if (option.StartsWith(Profile, StringComparison.Ordinal) && option.Length > Profile.Length && !option.Contains('\0', StringComparison.Ordinal))
            return Profile + Path.GetFullPath(option[Profile.Length..]);
        throw new StepException($"--security-opt: '{option}' is not seccomp=unconfined, seccomp=FILE, seccomp-allow=CALL,..., landlock=off or no-new-privileges (which always is)");
    }

    private static string[] Words(string option)
    {
        string[] words = option[Allow.Length..].Split(',', StringSplitOptions.RemoveEmptyEntries);
        foreach (string word in words)
        {
            bool known = word.StartsWith('@') ? Unlocks.Find(word) is not null
                : SeccompSyscalls.TryGetNumber(SeccompArch.X64, word, out _);
            if (!known)
                throw new StepException($"--security-opt {option}: '{word}' is no system call of x86-64, and not one of @debug, @i386, @mqueue, @setid");
        }
        return words;
    }

    private static byte[] Read(string path) => CallerFile.Read("--security-opt seccomp=", path, MaxSize);
}
