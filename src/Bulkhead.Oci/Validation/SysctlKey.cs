using System;

namespace Bulkhead.Oci;

/// <summary>Names of sysctls in both spellings of sysctl(8): net.ipv4.ip_forward and net/ipv4/ip_forward.</summary>
public static class SysctlKey
{
    /// <summary>
    /// The spelling with dots between the parts. Where the first separator is a slash, slashes separate and a dot is part of a name
    /// (net/ipv4/conf/eth0.100/forwarding): they are exchanged.
    /// </summary>
    public static string Normalize(string key)
    {
        int first = key.AsSpan().IndexOfAny('.', '/');
        if (first < 0 || key[first] == '.')
            return key;
        return string.Create(key.Length, key, static (span, text) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = text[i] switch { '.' => '/', '/' => '.', char c => c };
        });
    }

    /// <summary>The path below /proc/sys of a key, in either spelling.</summary>
    public static string ToPath(string key)
    {
        string dots = Normalize(key);
        return string.Create(dots.Length, dots, static (span, text) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = text[i] switch { '.' => '/', '/' => '.', char c => c };
        });
    }

    /// <summary>At least two parts, none empty, none that walks up in the path.</summary>
    public static bool IsWellFormed(string key)
    {
        if (key.Contains('\0'))
            return false;
        ReadOnlySpan<char> rest = ToPath(key);
        int parts = 0;
        while (true)
        {
            int slash = rest.IndexOf('/');
            ReadOnlySpan<char> part = slash < 0 ? rest : rest[..slash];
            if (part.IsEmpty || part is "." or "..")
                return false;
            parts++;
            if (slash < 0)
                return parts > 1;
            rest = rest[(slash + 1)..];
        }
    }

    /// <summary>The sysctls of the ipc namespace (ipc_namespaces(7)).</summary>
    public static bool IsIpc(string key) => key switch
    {
        "kernel.msgmax" or "kernel.msgmnb" or "kernel.msgmni" or "kernel.sem" or "kernel.shmall" or "kernel.shmmax" or "kernel.shmmni"
            or "kernel.shm_rmid_forced" => true,
        _ => key.StartsWith("fs.mqueue.", StringComparison.Ordinal),
    };
}
