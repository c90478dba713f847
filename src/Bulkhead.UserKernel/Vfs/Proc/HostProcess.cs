using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>What the host's /proc says of a cell: memory, CPU time and counts are real ones.</summary>
internal static class HostProcess
{
    private const int MostText = 4 << 20;

    /// <summary>The text of a file of the cell's; "" without a cell.</summary>
    public static string Read(Subject subject, string name) =>
        subject.HostPid == 0 ? "" : ReadFile(subject.Process.Kernel, string.Create(CultureInfo.InvariantCulture, $"/proc/{subject.HostPid}/{name}"));

    /// <summary>The same of one of its threads.</summary>
    public static string ReadThread(Subject subject, string name) =>
        subject.HostPid == 0 ? "" : ReadFile(subject.Process.Kernel, string.Create(CultureInfo.InvariantCulture, $"/proc/{subject.HostPid}/task/{subject.HostTid}/{name}"));

    public static string ReadFile(Kernel kernel, string path)
    {
        kernel.Identity.AssumeOwn();
        Result<Fd> file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY);
        if (!file.Ok)
            return "";
        using Fd opened = file.Value;
        var text = new StringBuilder();
        byte[] buffer = new byte[16384];
        while (text.Length < MostText && Sys.Read(opened, buffer) is { Ok: true, Value: > 0 } part)
            text.Append(Encoding.Latin1.GetString(buffer, 0, part.Value));
        return text.ToString();
    }

    /// <summary>The fields of a stat line behind the name: the first is the state, number 3 of proc_pid_stat(5).</summary>
    public static string[] StatFields(string line)
    {
        int end = line.LastIndexOf(')');
        return end < 0 ? [] : line[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    public static long Field(string[] fields, int number)
    {
        int at = number - 3;
        return at >= 0 && at < fields.Length && long.TryParse(fields[at], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : 0;
    }
}
