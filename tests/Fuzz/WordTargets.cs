using System;
using System.Linq;
using System.Text;
using Bulkhead.Isolation;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Seccomp;
using Bulkhead.Oci;
using Mount = Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Fuzz;

/// <summary>Options of mounts, comma by comma: the attributes that come out are ones that mount_setattr(2) takes.</summary>
internal sealed class MountOptionsTarget : Target
{
    public override byte[][] Seeds { get; } = [Text("rbind,ro,rslave"), Text("nosuid,noatime,strictatime,size=1m"), Text(string.Join(',', MountOptions.KnownNames())), Text("idmap=uids=0-1000-1;gids=0-1-2")];

    public override string[] Words { get; } = [.. MountOptions.KnownNames(), ",", "=", "ridmap="];

    protected override void Parse(byte[] input)
    {
        MountSpec spec = default;
        foreach (string option in Encoding.UTF8.GetString(input).Split(','))
        {
            if (!MountOptions.TryApply(option, ref spec))
                _ = MountOptions.TryInlineIdMap(option, out _, out _);
            _ = MountOptions.ParsePropagation(option);
        }
        Sound(spec.AttrSet, spec.AttrClr);
        Sound(spec.RecAttrSet, spec.RecAttrClr);
        Must((spec.Flags & spec.ClearedFlags) == 0, "a flag both set and cleared");
        Must(ulong.PopCount(spec.Propagation & ~Mount.MS_REC) <= 1, "two kinds of propagation");
    }

    private static void Sound(ulong set, ulong clear)
    {
        Must((clear & Mount.MOUNT_ATTR__ATIME) is 0 or Mount.MOUNT_ATTR__ATIME, "a part of the access time's field cleared");
        Must((set & Mount.MOUNT_ATTR__ATIME) == 0 || (clear & Mount.MOUNT_ATTR__ATIME) != 0, "an access time without clearing the field");
        Must((set & clear & ~Mount.MOUNT_ATTR__ATIME) == 0, "an attribute both set and cleared");
    }
}

/// <summary>Small words of command lines and documents; the first byte chooses the parser.</summary>
internal sealed class WordsTarget : Target
{
    public override byte[][] Seeds { get; } =
        [Text("01m30s"), Text("11.5GiB"), Text("20-3,8,10-12"), Text("3net/ipv4/conf/eth0.100/forwarding"), Text("4/a/../b//c/."), Text("5CAP_KILL"), Text("6SCMP_ACT_ERRNO"), Text("7eth0")];

    public override string[] Words => ["9999999999999999999", "0.", "h", "..", "/", "-", ",", "RLIMIT_CORE", "SIGKILL", "p"];

    protected override void Parse(byte[] input)
    {
        if (input.Length == 0)
            return;
        string text = Encoding.UTF8.GetString(input.AsSpan(1));
        switch (input[0] % 8)
        {
            case 0:
                Must(!GoDuration.TryParse(text, out int milliseconds) || milliseconds > 0, "no time");
                break;
            case 1:
                Must(!ByteSize.TryParse(text, out long bytes) || bytes >= -1, "a negative size");
                break;
            case 2:
                Must(CpuList.TryParse(text, new ulong[CpuList.Limit / 64]) == CpuList.IsValid(text), "two verdicts on one list");
                break;
            case 3:
                Must(!SysctlKey.IsWellFormed(text) || !SysctlKey.ToPath(text).Split('/').Any(part => part is "" or "." or ".."), "a path that walks up");
                break;
            case 4:
                string clean = Destinations.Clean(text);
                Must(clean.StartsWith('/') && Destinations.Clean(clean) == clean && !clean.Split('/').Contains(".."), "no clean path: " + clean);
                Must(HostPath.Clean(clean) == clean, "two opinions on " + clean);
                break;
            case 5:
                _ = Capabilities.TryParse(text, out _) | Rlimits.TryParse(text, out _) | Signals.TryParse(text, out _);
                break;
            case 6:
                _ = SeccompNames.TryParseAction(text, out _) | SeccompNames.TryParseArch(text, out _) | SeccompNames.TryParseOperator(text, out _) | SeccompNames.TryParseFlag(text, out _);
                break;
            default:
                _ = Bulkhead.Linux.Netlink.NetDevices.NameError(text);
                break;
        }
    }
}
