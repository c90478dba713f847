using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID/maps from the host's list of a cell.</summary>
internal static class HostMaps
{
    public static string Read(int pid, Process process)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/maps");
        Result<Fd> file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY);
        if (!file.Ok)
            return "";
        using Fd opened = file.Value;
        var text = new StringBuilder();
        byte[] buffer = new byte[16384];
        while (Sys.Read(opened, buffer) is { Ok: true, Value: > 0 } part)
            text.Append(Encoding.Latin1.GetString(buffer, 0, part.Value));
        var result = new StringBuilder();
        foreach (string line in text.ToString().Split('\n'))
        {
            int dash = line.IndexOf('-', StringComparison.Ordinal);
            if (dash > 0 && ulong.TryParse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong start)
                && start is < GateLayout.GateBase or >= GateLayout.GateEnd)
                result.Append(line).Append('\n');
        }
        GC.KeepAlive(process);
        return result.ToString();
    }
}
