using System.Globalization;
using System.Text;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID/limits.</summary>
internal static class LimitTexts
{
    private static readonly (string Name, string Unit)[] Limits =
    [
        ("Max cpu time", "seconds"), ("Max file size", "bytes"), ("Max data size", "bytes"), ("Max stack size", "bytes"), ("Max core file size", "bytes"),
        ("Max resident set", "bytes"), ("Max processes", "processes"), ("Max open files", "files"), ("Max locked memory", "bytes"), ("Max address space", "bytes"),
        ("Max file locks", "locks"), ("Max pending signals", "signals"), ("Max msgqueue size", "bytes"), ("Max nice priority", ""), ("Max realtime priority", ""), ("Max realtime timeout", "us"),
    ];

    public static string Make(Process process)
    {
        var text = new StringBuilder("Limit                     Soft Limit           Hard Limit           Units     \n");
        for (int i = 0; i < Limits.Length; i++)
        {
            (ulong soft, ulong hard) = process.Limits[i];
            text.Append(CultureInfo.InvariantCulture, $"{Limits[i].Name,-25} {Number(soft),-20} {Number(hard),-20} ");
            text.Append(Limits[i].Unit.Length == 0 ? "\n" : string.Create(CultureInfo.InvariantCulture, $"{Limits[i].Unit,-10}\n"));
        }
        return text.ToString();
    }

    private static string Number(ulong value) => value == ulong.MaxValue ? "unlimited" : value.ToString(CultureInfo.InvariantCulture);
}
