using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>Capability names, numbers and sets. A set is a mask: bit n is capability n.</summary>
public static class Capabilities
{
    private const string Prefix = "CAP_";

    private static ReadOnlySpan<byte> Packed =>
        "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW "u8 +
        "IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG "u8 +
        "MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF "u8 +
        "CHECKPOINT_RESTORE "u8;

    /// <summary>How many capabilities have names here: 0 to <see cref="Capability.CAP_LAST_CAP"/>.</summary>
    public const int Count = Capability.CAP_LAST_CAP + 1;

    /// <summary>The number of a name such as CAP_CHOWN, spelt exactly so.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out int number)
    {
        number = name.StartsWith(Prefix, StringComparison.Ordinal) ? new NameTable(Packed).IndexOf(name[Prefix.Length..]) : -1;
        return number >= 0;
    }

    /// <summary>CAP_X, or CAP_n for one that a newer kernel brought.</summary>
    public static string Name(int number)
    {
        ReadOnlySpan<byte> name = new NameTable(Packed)[number];
        return Prefix + (name.IsEmpty ? number.ToString(CultureInfo.InvariantCulture) : Encoding.ASCII.GetString(name));
    }

    /// <summary>
    /// The set of <paramref name="names"/>. Those without a number are left out and added to <paramref name="unknown"/>: the runtime
    /// specification asks for a warning, not a failure.
    /// </summary>
    public static ulong Parse(IReadOnlyList<string> names, ref List<string>? unknown)
    {
        ulong mask = 0;
        for (int i = 0; i < names.Count; i++)
        {
            if (TryParse(names[i], out int number))
                mask |= 1ul << number;
            else
                (unknown ??= []).Add(names[i]);
        }
        return mask;
    }

    /// <summary>The names in a set, in the order of their numbers.</summary>
    public static string[] Names(ulong mask)
    {
        string[] names = new string[System.Numerics.BitOperations.PopCount(mask)];
        int count = 0;
        for (ulong rest = mask; rest != 0; rest &= rest - 1)
            names[count++] = Name(System.Numerics.BitOperations.TrailingZeroCount(rest));
        return names;
    }

    /// <summary>Every capability up to <paramref name="last"/>.</summary>
    public static ulong UpTo(int last) => last >= 63 ? ulong.MaxValue : (1ul << (last + 1)) - 1;

    /// <summary>
    /// The highest capability of the running kernel, what /proc/sys/kernel/cap_last_cap says, without needing /proc:
    /// PR_CAPBSET_READ gives EINVAL beyond it. Two calls on a kernel that knows what this table knows.
    /// </summary>
    public static int Last()
    {
        int low = -1;
        int high = 64;
        int probe = Capability.CAP_LAST_CAP;
        while (low + 1 < high)
        {
            if (Sys.ProcessControl(Prctl.PR_CAPBSET_READ, probe).Ok)
                low = probe;
            else
                high = probe;
            probe = low == Capability.CAP_LAST_CAP && high == 64 ? low + 1 : (low + high) / 2;
        }
        return low;
    }

    /// <summary>The two data words of capset(2), version 3.</summary>
    public static void Fill(Span<cap_user_data> data, ulong effective, ulong permitted, ulong inheritable)
    {
        data[0] = new cap_user_data { effective = (uint)effective, permitted = (uint)permitted, inheritable = (uint)inheritable };
        data[1] = new cap_user_data
        {
            effective = (uint)(effective >> 32),
            permitted = (uint)(permitted >> 32),
            inheritable = (uint)(inheritable >> 32),
        };
    }
}
