using System.CommandLine;
using System.IO;
using Bulkhead.Linux;
using Bulkhead.Workloads.Copy;

namespace Bulkhead.Cli.Commands;

/// <summary>export: all files of a container as a tar.</summary>
internal static class ExportCommand
{
    private const int BufferSize = 1 << 18;

    public static Command Make()
    {
        var output = new Option<string>("--output", "-o") { Description = "file to write (default: standard output)", HelpName = "FILE" };
        Argument<string> container = ContainerArgument.One();
        var command = new Command("export", "Write all files of a container to a tar") { output, container };
        command.SetAction(parsed =>
        {
            Workload workload = Workload.Find(parsed.GetValue(container)!);
            ContainerFiles.EnterFor(workload);
            if (parsed.GetValue(output) is { } path)
                NewFile.Write(path, "--output", file => Write(workload, file));
            else if (Sys.IsTerminal(Fd.Borrow(1)))
                throw new StepException("export: a tar is nothing for a terminal: give --output FILE, or send it elsewhere");
            else
                Write(workload, Fd.Borrow(1));
            return 0;
        });
        return command;
    }

    private static void Write(Workload workload, Fd file)
    {
        using ContainerFiles files = ContainerFiles.Open(workload);
        using CopySource root = CopySource.Open(files.Place, "/", follow: false);
        using var stream = new BufferedStream(new FdStream(file), BufferSize);
        using var sink = new TarSink(stream, "");
        foreach (CopyEntry entry in new TreeReader(files.Ids, Program.Say).Read(root.Node, ""))
            sink.Put(entry);
        sink.Finish();
    }
}
