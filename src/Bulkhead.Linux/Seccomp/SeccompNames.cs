using System;

namespace Bulkhead.Linux.Seccomp;

/// <summary>The OCI spelling of actions, operators, architectures and flags.</summary>
public static class SeccompNames
{
    private const int LongestName = 64;

    /// <summary>Every action, in the order that `features` prints.</summary>
    public static string[] Actions =>
    [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
        "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
    ];

    public static string[] Operators =>
    [
        "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
    ];

    public static string[] Architectures =>
    [
        "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32",
        "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE",
        "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
    ];

    public static string[] Flags =>
    [
        "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ];

    public static bool TryParseAction(ReadOnlySpan<char> name, out SeccompAction action)
    {
        int value = name switch
        {
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => (int)SeccompAction.KillThread,
            "SCMP_ACT_KILL_PROCESS" => (int)SeccompAction.KillProcess,
            "SCMP_ACT_TRAP" => (int)SeccompAction.Trap,
            "SCMP_ACT_ERRNO" => (int)SeccompAction.Errno,
            "SCMP_ACT_TRACE" => (int)SeccompAction.Trace,
            "SCMP_ACT_ALLOW" => (int)SeccompAction.Allow,
            "SCMP_ACT_LOG" => (int)SeccompAction.Log,
            "SCMP_ACT_NOTIFY" => (int)SeccompAction.Notify,
            _ => -1,
        };
        action = (SeccompAction)value;
        return value >= 0;
    }

    public static bool TryParseOperator(ReadOnlySpan<char> name, out SeccompOperator comparison)
    {
        int value = name switch
        {
            "SCMP_CMP_NE" => (int)SeccompOperator.NotEqual,
            "SCMP_CMP_LT" => (int)SeccompOperator.Less,
            "SCMP_CMP_LE" => (int)SeccompOperator.LessOrEqual,
            "SCMP_CMP_EQ" => (int)SeccompOperator.Equal,
            "SCMP_CMP_GE" => (int)SeccompOperator.GreaterOrEqual,
            "SCMP_CMP_GT" => (int)SeccompOperator.Greater,
            "SCMP_CMP_MASKED_EQ" => (int)SeccompOperator.MaskedEqual,
            _ => -1,
        };
        comparison = (SeccompOperator)value;
        return value >= 0;
    }

    public static bool TryParseArch(ReadOnlySpan<char> name, out SeccompArch arch)
    {
        int value = name switch
        {
            "SCMP_ARCH_X86_64" => (int)SeccompArch.X64,
            "SCMP_ARCH_X86" => (int)SeccompArch.X86,
            "SCMP_ARCH_X32" => (int)SeccompArch.X32,
            "SCMP_ARCH_ARM" => (int)SeccompArch.Arm,
            "SCMP_ARCH_AARCH64" => (int)SeccompArch.Aarch64,
            "SCMP_ARCH_MIPS" => (int)SeccompArch.Mips,
            "SCMP_ARCH_MIPS64" => (int)SeccompArch.Mips64,
            "SCMP_ARCH_MIPS64N32" => (int)SeccompArch.Mips64N32,
            "SCMP_ARCH_MIPSEL" => (int)SeccompArch.Mipsel,
            "SCMP_ARCH_MIPSEL64" => (int)SeccompArch.Mipsel64,
            "SCMP_ARCH_MIPSEL64N32" => (int)SeccompArch.Mipsel64N32,
            "SCMP_ARCH_PPC" => (int)SeccompArch.Ppc,
            "SCMP_ARCH_PPC64" => (int)SeccompArch.Ppc64,
            "SCMP_ARCH_PPC64LE" => (int)SeccompArch.Ppc64Le,
            "SCMP_ARCH_S390" => (int)SeccompArch.S390,
            "SCMP_ARCH_S390X" => (int)SeccompArch.S390X,
            "SCMP_ARCH_RISCV64" => (int)SeccompArch.Riscv64,
            "SCMP_ARCH_LOONGARCH64" => (int)SeccompArch.Loongarch64,
            _ => -1,
        };
        arch = (SeccompArch)value;
        return value >= 0;
    }

    /// <summary>
    /// TSYNC is known and adds nothing: the filter is installed by the only thread of the process (runc ignores it too), and with a
    /// listener it would be EINVAL (seccomp(2)).
    /// </summary>
    public static bool TryParseFlag(ReadOnlySpan<char> name, out SeccompOptions flag)
    {
        int value = name switch
        {
            "SECCOMP_FILTER_FLAG_TSYNC" => (int)SeccompOptions.None,
            "SECCOMP_FILTER_FLAG_LOG" => (int)SeccompOptions.Log,
            "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => (int)SeccompOptions.SpecAllow,
            "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => (int)SeccompOptions.WaitKillableRecv,
            _ => -1,
        };
        flag = value >= 0 ? (SeccompOptions)value : SeccompOptions.None;
        return value >= 0;
    }

    public static bool TryParseAction(ReadOnlySpan<byte> utf8, out SeccompAction action) =>
        TryParseAction(Widen(utf8, stackalloc char[LongestName]), out action);

    public static bool TryParseOperator(ReadOnlySpan<byte> utf8, out SeccompOperator comparison) =>
        TryParseOperator(Widen(utf8, stackalloc char[LongestName]), out comparison);

    public static bool TryParseArch(ReadOnlySpan<byte> utf8, out SeccompArch arch) =>
        TryParseArch(Widen(utf8, stackalloc char[LongestName]), out arch);

    public static bool TryParseFlag(ReadOnlySpan<byte> utf8, out SeccompOptions flag) =>
        TryParseFlag(Widen(utf8, stackalloc char[LongestName]), out flag);

    /// <summary>All names are ASCII; what is longer than any name becomes no name.</summary>
    private static ReadOnlySpan<char> Widen(ReadOnlySpan<byte> utf8, Span<char> buffer)
    {
        if (utf8.Length > buffer.Length)
            return default;
        for (int i = 0; i < utf8.Length; i++)
            buffer[i] = (char)utf8[i];
        return buffer[..utf8.Length];
    }
}
