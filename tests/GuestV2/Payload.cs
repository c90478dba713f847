using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.Text;

namespace Bulkhead.GuestV2;

/// <summary>The tar file that is the guest's second disk: what changes from run to run.</summary>
internal static class Payload
{
    /// <summary>A case that hangs is killed after this many seconds; the slowest needs a fifth on a loaded machine.</summary>
    private const int CaseSeconds = 120;

    public static void Write(string path, GuestImage image, IReadOnlyList<(string Runtime, CaseFile Case)> cases)
    {
        using FileStream file = File.Create(path);
        using TarWriter tar = new(file);
        if (cases.Count != 0 && cases[0].Runtime == Selection.Ours)
        {
            tar.WriteEntry(OurRuntime(), "bin/" + Selection.Ours);
        }
        foreach (string tool in Directory.EnumerateFiles(Tools.Build()))
        {
            tar.WriteEntry(tool, "bin/" + Path.GetFileName(tool));
        }
        foreach (string library in image.Library)
        {
            tar.WriteEntry(Path.Combine(Repository.Here, library), library);
        }
        StringBuilder list = new();
        HashSet<string> written = new(StringComparer.Ordinal);
        foreach ((string runtime, CaseFile each) in cases)
        {
            list.Append(runtime).Append('/').Append(each.Name).Append(' ').Append(CaseSeconds);
            foreach (string script in (string[])[.. image.Library, $"cases/{each.Name}.sh"])
            {
                list.Append(" . /payload/").Append(script).Append(';');
            }
            list.Append('\n');
            if (written.Add(each.Name))
            {
                WriteCase(tar, image, each);
            }
        }
        WriteText(tar, "list", list.ToString());
    }

    /// <summary>One program that has all its cases in itself: it is called with the name of each.</summary>
    public static void WriteProgram(string path, string program, ReadOnlySpan<string> names)
    {
        using FileStream file = File.Create(path);
        using TarWriter tar = new(file);
        tar.WriteEntry(Built(Path.Combine(Repository.Root, ".work", "tests", program), "make test"), "bin/" + program);
        StringBuilder list = new();
        foreach (string name in names)
        {
            list.Append(program).Append('/').Append(name).Append(' ').Append(CaseSeconds).Append(' ').Append(program).Append(' ').Append(name).Append('\n');
        }
        WriteText(tar, "list", list.ToString());
    }

    private static void WriteCase(TarWriter tar, GuestImage image, CaseFile each)
    {
        tar.WriteEntry(each.Path, $"cases/{each.Name}.sh");
        foreach ((string name, string filter) in each.Bundles)
        {
            string config = Repository.Run("jq", "-c", image.Bundle + " | " + filter, Path.Combine(Repository.Here, "config.json"));
            WriteText(tar, $"bundles/{each.Name}/{name}/config.json", config);
        }
    }

    private static void WriteText(TarWriter tar, string name, string text)
    {
        using MemoryStream data = new(Encoding.UTF8.GetBytes(text));
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data });
    }

    private static string OurRuntime() =>
        Built(Environment.GetEnvironmentVariable("BULKHEAD_OCI") ?? Path.Combine(Repository.Root, "out", Selection.Ours), "make build");

    private static string Built(string path, string by) =>
        File.Exists(path) ? path : throw new FileNotFoundException($"`{by}` puts it there first", path);
}
