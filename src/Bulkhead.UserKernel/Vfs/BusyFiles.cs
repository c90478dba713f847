using System.Collections.Generic;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>Regular files that are open for writing or executed: never both (open(2) and execve(2), ETXTBSY).</summary>
internal sealed class BusyFiles
{
    private readonly Dictionary<(ulong Device, ulong Inode), int> writers = [];
    private readonly Dictionary<(ulong Device, ulong Inode), int> programs = [];

    public bool IsWritten((ulong, ulong) file) => writers.ContainsKey(file);

    /// <summary>False: it is executed.</summary>
    public bool BeginWriting((ulong, ulong) file)
    {
        if (programs.ContainsKey(file))
            return false;
        writers[file] = writers.GetValueOrDefault(file) + 1;
        return true;
    }

    public void EndWriting((ulong, ulong) file) => Less(writers, file);

    public void BeginExecuting((ulong, ulong) file) => programs[file] = programs.GetValueOrDefault(file) + 1;

    public void EndExecuting((ulong, ulong) file) => Less(programs, file);

    private static void Less(Dictionary<(ulong Device, ulong Inode), int> counts, (ulong, ulong) file)
    {
        int left = counts.GetValueOrDefault(file) - 1;
        if (left > 0)
            counts[file] = left;
        else
            counts.Remove(file);
    }
}
