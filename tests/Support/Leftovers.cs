using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Bulkhead.TestSupport;

/// <summary>Finds what a container or an engine left behind by the unique name that its paths carry.</summary>
public static class Leftovers
{
    private const string CgroupRoot = "/sys/fs/cgroup";

    /// <summary>Mount points whose own path or source lies under a folder.</summary>
    public static string[] MountsUnder(string folder) =>
        [.. File.ReadAllLines("/proc/self/mountinfo").Select(l => l.Split(' ')[4]).Where(p => p == folder || p.StartsWith(folder + "/", StringComparison.Ordinal))];

    /// <summary>Cgroups below the top-level cgroup <paramref name="parent"/>, in every hierarchy; the parent itself does not count.</summary>
    public static string[] CgroupsUnder(string parent) =>
        [.. Parents(parent).SelectMany(p => Directory.GetDirectories(p, "*", SearchOption.AllDirectories)).OrderByDescending(p => p.Length)];

    /// <summary>
    /// Ends the processes and removes the cgroups that carry a name. Engines do not remove the cgroup that their containers share, nor all
    /// that they make below it; and a failed test must not leave the machine different.
    /// </summary>
    public static void Remove(string name)
    {
        foreach (string process in Processes(name))
        {
            Linux.Kill(int.Parse(process.Split(' ')[0], CultureInfo.InvariantCulture), Linux.SIGKILL);
        }

        Poll.Until("killed processes to end", () => Processes(name).Length == 0);
        foreach (string path in CgroupsUnder(name).Concat(Parents(name)))
        {
            Directory.Delete(path);
        }
    }

    /// <summary>Processes that carry a name in their command line or cgroup: "pid command".</summary>
    public static string[] Processes(string name)
    {
        var found = new List<string>();
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out int pid) || pid == Environment.ProcessId)
            {
                continue;
            }

            try
            {
                string command = File.ReadAllText(folder + "/cmdline").Replace('\0', ' ');
                if (command.Contains(name, StringComparison.Ordinal) || File.ReadAllText(folder + "/cgroup").Contains($"/{name}", StringComparison.Ordinal))
                {
                    found.Add($"{pid} {command}");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Ended while we looked.
            }
        }

        return [.. found];
    }

    /// <summary>Bundles below <paramref name="folder"/> that the runtime still lists. Callers that name no --root share the runtime's default state folder.</summary>
    public static string[] Bundles(string? stateRoot, string folder)
    {
        string[] root = stateRoot is null ? [] : ["--root", stateRoot];
        string list = Command.Run([Repository.Runtime, .. root, "list", "--format", "json"]).Ok();
        using JsonDocument json = JsonDocument.Parse(list.Length == 0 ? "null" : list);
        return json.RootElement.ValueKind != JsonValueKind.Array ? [] :
        [
            .. json.RootElement.EnumerateArray().Select(e => e.GetProperty("bundle").GetString() ?? "")
                .Where(b => b.StartsWith(folder + "/", StringComparison.Ordinal)),
        ];
    }

    private static IEnumerable<string> Parents(string parent) =>
        Directory.GetDirectories(CgroupRoot).Select(h => $"{h}/{parent}").Append($"{CgroupRoot}/{parent}").Where(Directory.Exists);
}
