using System;

namespace Bulkhead.TestSupport;

/// <summary>What the kernel of this machine has and others lack, found out by a program on the bare host.</summary>
public static class Machine
{
    private static readonly Lazy<bool> s_i386 = new(Int80Works);

    /// <summary>int 0x80 from a 64-bit program is a call. Some virtual machines' kernels give SIGSEGV (11) for it, whatever the filter says.</summary>
    public static bool HasI386Calls => s_i386.Value;

    private static bool Int80Works()
    {
        using var folder = new TempFolder("i386");
        folder.Write("i.c", """
            int main(void)
            {
                long pid;
                __asm__ volatile("int $0x80" : "=a"(pid) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
                return pid <= 0;
            }
            """);
        Command.Run("gcc", "-o", folder["i"], folder["i.c"]).Ok();
        Outcome outcome = Command.Run(folder["i"]);
        return outcome.ExitCode switch
        {
            0 => true,
            128 + 11 => false,
            _ => throw new InvalidOperationException($"int 0x80 ended with {outcome.ExitCode}"),
        };
    }
}
