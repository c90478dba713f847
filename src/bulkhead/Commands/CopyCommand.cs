using System;
using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Workloads.Copy;

namespace Bulkhead.Cli.Commands;

/// <summary>cp: files into a container and out of it, whether it runs or not.</summary>
internal static class CopyCommand
{
    private static readonly Option<bool> Archive = new("--archive", "-a") { Description = "keep the owners' numbers (default: what comes in is the container's user's, what goes out the caller's)" };
    private static readonly Option<bool> Follow = new("--follow-link", "-L") { Description = "copy what a link at SOURCE leads to" };
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "say nothing of files that are left out" };
    private static readonly Argument<string> Source = new("SOURCE") { Description = "CONTAINER:PATH, a path of the host, or - for a tar on standard input" };
    private static readonly Argument<string> Target = new("TARGET") { Description = "a path of the host, CONTAINER:PATH, or - for a tar on standard output" };

    public static Command Make()
    {
        var command = new Command("cp", "Copy files from a container to the host or into a container") { Archive, Follow, Quiet, Source, Target };
        command.SetAction(parsed =>
        {
            (string? from, string source) = Split(parsed.GetValue(Source)!);
            (string? to, string target) = Split(parsed.GetValue(Target)!);
            if (from is null == to is null)
                throw new StepException(from is null ? "cp: neither SOURCE nor TARGET is CONTAINER:PATH" : "cp: copying from container to container is not supported: use - on both sides (cp A:P - | cp - B:P)");
            if (from is not null)
                CopyOut(parsed, Workload.Find(from), source, target);
            else
                CopyIn(parsed, Workload.Find(to!), source, target);
            return 0;
        });
        return command;
    }

    /// <summary>As Docker: what begins with / or . is a path of the host, whatever colons it has.</summary>
    private static (string? Container, string Path) Split(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon + 1 == text.Length || text[0] is '/' or '.')
            return (null, text);
        // Relative paths of a container begin at its root.
        return (text[..colon], text[colon + 1] == '/' ? text[(colon + 1)..] : "/" + text[(colon + 1)..]);
    }

    private static void CopyOut(ParseResult parsed, Workload workload, string path, string target)
    {
        using ContainerFiles files = ContainerFiles.Open(workload);
        using CopySource source = CopySource.Open(files.Place, path, parsed.GetValue(Follow));
        IEnumerable<CopyEntry> entries = Entries(source, path, files.Ids, parsed);
        if (target == "-")
        {
            using var output = new FdStream(Fd.Borrow(1));
            using var sink = new TarSink(output, source.Name);
            Copy(entries, sink);
            return;
        }
        using CopyTarget place = CopyTarget.Open(Host, target, source.Name, source.IsDirectory, source.Contents || source.Name.Length == 0);
        Copy(entries, new TreeWriter(place.Directory, place.Name, target, new Ownership(new IdView(null), parsed.GetValue(Archive))));
    }

    private static void CopyIn(ParseResult parsed, Workload workload, string path, string target)
    {
        using CopySource? source = path == "-" ? null : CopySource.Open(Host, path, parsed.GetValue(Follow));
        using ContainerFiles files = ContainerFiles.Open(workload);
        using CopyTarget place = source is null ? CopyTarget.OpenDirectory(files.Place, target)
            : CopyTarget.Open(files.Place, target, source.Name, source.IsDirectory, source.Contents || source.Name.Length == 0);
        using var input = new FdStream(Fd.Borrow(0));
        IEnumerable<CopyEntry> entries = source is null ? new TarSource(input, Skipped(parsed)).Read() : Entries(source, path, new IdView(null), parsed);
        try
        {
            using FileSystemIds? ids = files.Assume();
            Copy(entries, new TreeWriter(place.Directory, place.Name, target, new Ownership(files.Ids, parsed.GetValue(Archive))));
        }
        finally
        {
            if (workload.IsRunning)
                Machine.Containers.FilesChanged(workload.Id);
        }
    }

    private static Place Host => new(Fd.Cwd, IsContainer: false);

    private static IEnumerable<CopyEntry> Entries(CopySource source, string path, IdView ids, ParseResult parsed)
    {
        if (source.Refusal is { } refusal)
            throw new StepException($"{path} is {refusal}: it cannot be copied");
        return new TreeReader(ids, Skipped(parsed)).Read(source.Node, path.TrimEnd('/'));
    }

    private static Action<string> Skipped(ParseResult parsed) => parsed.GetValue(Quiet) ? _ => { } : Program.Say;

    private static void Copy(IEnumerable<CopyEntry> entries, IEntrySink sink)
    {
        foreach (CopyEntry entry in entries)
            sink.Put(entry);
        sink.Finish();
    }
}
