using System;
using System.Collections.Generic;

namespace Bulkhead.TestSupport;

/// <summary>Flags of a command, read from its help as docker, podman and bulkhead print it.</summary>
public static class HelpFlags
{
    /// <summary>Long names at the beginning of the lines of the help; of aliases the last one, as in Docker.</summary>
    public static HashSet<string> Of(string program, string verb = "run")
    {
        var flags = new HashSet<string>();
        foreach (string line in Command.Run(program, verb, "--help").Ok().Split('\n'))
        {
            string last = "";
            foreach (string word in line.Trim().Split(' ', ','))
            {
                if (word.StartsWith("--", StringComparison.Ordinal))
                    last = word;
                else if (word.Length > 0 && word[0] != '-')
                    break;
            }
            if (last.Length > 0 && line.TrimStart().StartsWith('-'))
                flags.Add(last);
        }
        return flags;
    }
}
