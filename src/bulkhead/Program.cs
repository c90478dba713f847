using System;
using System.CommandLine;
using System.Text;
using Bulkhead.Cli.Commands;
using Bulkhead.Linux;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads;

namespace Bulkhead.Cli;

internal static class Program
{
    public const string Version = "0.1.0";

    private static int Main(string[] args)
    {
        try
        {
            UserEntry.Check();
            RootCommand root = CommandTree.Make(args.Length > 0 ? args[0] : null);
            ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : TrailingCommand.Separate(root, args));
            if (ParseErrors.FirstOf(parsed) is { } wrong)
            {
                Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes(Printable.Line(wrong) + "\n"));
                return ParseErrors.StatusOf(args);
            }
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception error) when (error is StepException or WorkloadMissingException or Isolation.State.ContainerMissingException)
        {
            Say(error.Message);
            return ParseErrors.StatusOf(args);
        }
        catch (EndedBySignalException ended)
        {
            return ended.Status;
        }
    }

    /// <summary>Each loosening that was asked for, in a line of its own.</summary>
    public static void Warn(WorkloadOptions options)
    {
        foreach (string line in Rootless.Loosened(options))
            Loosening(line);
    }

    public static void Loosening(string line) => Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes("loosening: " + Printable.Line(line) + "\n"));

    public static void Say(string line) => Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes("bulkhead: " + Printable.Line(line) + "\n"));
}
