using System;
using System.CommandLine;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>prune.</summary>
internal static class PruneCommand
{
    public static Command Make()
    {
        var force = new Option<bool>("--force", "-f") { Description = "do not ask" };
        var command = new Command("prune", "Remove all containers that do not run") { force };
        command.SetAction(parsed =>
        {
            if (!parsed.GetValue(force) && !Confirm("all containers that do not run, with what they wrote to their root file systems"))
                return 0;
            return Run();
        });
        return command;
    }

    private static int Run()
    {
        int status = 0;
        var removed = new StringBuilder();
        foreach (Workload workload in Workload.All())
        {
            if (workload.IsRunning || workload.Status == Workload.RestartingStatus)
                continue;
            try
            {
                RemoveCommand.Remove(workload.Folder);
                removed.Append(workload.Id).Append('\n');
            }
            catch (Exception error) when (error is StepException or WorkloadMissingException)
            {
                Program.Say(error.Message);
                status = 1;
            }
        }
        Output.Write((removed.Length > 0 ? "Deleted Containers:\n" + removed : "") + (removed.Length > 0 ? "" : "Nothing to remove\n"));
        return status;
    }

    /// <summary>Docker's question.</summary>
    public static bool Confirm(string what)
    {
        Output.Write($"WARNING! This will remove {what}.\nAre you sure you want to continue? [y/N] ");
        Span<byte> answer = stackalloc byte[64];
        return Sys.Read(Fd.Borrow(0), answer) is { Ok: true, Value: > 0 } && answer[0] is (byte)'y' or (byte)'Y';
    }
}
