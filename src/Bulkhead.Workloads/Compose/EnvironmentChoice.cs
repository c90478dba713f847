using System;
using System.Collections.Generic;

namespace Bulkhead.Workloads.Compose;

/// <summary>PATH, HOME, HOSTNAME and TERM as Docker sets them, under what was asked for.</summary>
internal static class EnvironmentChoice
{
    public static string[] Of(WorkloadOptions options, ProcessUser user)
    {
        var result = new List<string> { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
        if (options.Terminal)
            result.Add("TERM=xterm");
        result.Add("HOME=" + Home(user));
        if (options.UnsetAllEnv)
            result.Clear();
        foreach (string variable in options.Env)
        {
            string name = variable[..(variable.IndexOf('=', StringComparison.Ordinal) + 1)];
            result.RemoveAll(other => other.StartsWith(name, StringComparison.Ordinal));
            result.Add(variable);
        }
        foreach (string name in options.UnsetEnv)
            result.RemoveAll(other => other.StartsWith(name + "=", StringComparison.Ordinal));
        return result.ToArray();
    }

    /// <summary>Who is in no passwd file gets a home that can be written: the root file system cannot.</summary>
    public static string Home(ProcessUser user) => user.Home is { Length: > 0 } home ? home : "/tmp";
}
