using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Monitor;

/// <summary>Room on the disk for exit.json: a container that fills the disk with its log must not take its own exit status with it.</summary>
internal static class ExitReserve
{
    private const string Name = "/reserve";

    public static void Take(WorkloadFolder folder)
    {
        Result<Fd> file = Sys.OpenAt(Fd.Cwd, folder.Path + Name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC | Fcntl.O_NOFOLLOW, 0x180);
        if (!file.Ok)
            return;
        using Fd reserve = file.Value;
        Sys.WriteAll(reserve, new byte[4096]);
    }

    /// <summary>Gives the room to the record. Where even that fails there is none, and the next command says "unknown".</summary>
    public static void Save(WorkloadFolder folder, ExitRecord exit)
    {
        Sys.UnlinkAt(Fd.Cwd, folder.Path + Name);
        try
        {
            folder.SaveExit(exit);
        }
        catch (StepException)
        {
            // The container is to be taken down all the same.
        }
    }
}
