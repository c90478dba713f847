using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

/// <summary>
/// Device rules reduced to what the kernel's v1 controller keeps: a default and exceptions to it, one for each (type, major, minor), with
/// merged access. Both back ends (v1 files, BPF) work from it, so they decide alike.
/// </summary>
internal sealed class DeviceSet
{
    private const int All = BpfProg.BPF_DEVCG_ACC_MKNOD | BpfProg.BPF_DEVCG_ACC_READ | BpfProg.BPF_DEVCG_ACC_WRITE;

    public bool AllowByDefault { get; private set; }

    public List<DeviceException> Exceptions { get; } = new(16);

    /// <summary>Applies rules in order to "nothing allowed".</summary>
    public static DeviceSet Of(IReadOnlyList<DeviceRule> rules)
    {
        var set = new DeviceSet();
        for (int i = 0; i < rules.Count; i++)
            set.Apply(rules[i]);
        return set;
    }

    /// <summary>The content of a v1 devices.list. Allow by default shows as "a *:* rwm".</summary>
    public static DeviceSet Parse(string list)
    {
        var set = new DeviceSet();
        foreach (ReadOnlySpan<char> line in list.AsSpan().EnumerateLines())
        {
            if (line.Length < 3)
                continue;
            ReadOnlySpan<char> numbers = line[2..];
            int space = numbers.IndexOf(' '), colon = numbers.IndexOf(':');
            if (space < 0 || colon < 0)
                continue;
            set.Apply(new DeviceRule(true, line[0], Number(numbers[..colon]), Number(numbers[(colon + 1)..space]), numbers[(space + 1)..].Trim().ToString()));
        }
        return set;
    }

    private static long? Number(ReadOnlySpan<char> text) => text is "*" ? null : (long)CgroupIo.ParseNumber(text);

    private void Apply(DeviceRule rule)
    {
        int access = AccessBits(rule);
        if (rule.Type == 'a')
        {
            // The kernel takes "a" as everything whatever numbers follow; a rule that looks narrower is refused.
            if (rule.Major is not (null or -1) || rule.Minor is not (null or -1) || access != All)
                throw new StepException($"device rule of type a must be for all devices and rwm: {Text(rule)}");
            AllowByDefault = rule.Allow;
            Exceptions.Clear();
            return;
        }
        if (rule.Type is not ('b' or 'c'))
            throw new StepException($"unknown device type in device rule: {Text(rule)}");
        bool isException = rule.Allow != AllowByDefault;
        int type = rule.Type == 'c' ? BpfProg.BPF_DEVCG_DEV_CHAR : BpfProg.BPF_DEVCG_DEV_BLOCK;
        long major = Checked(rule.Major, rule), minor = Checked(rule.Minor, rule);
        for (int i = 0; i < Exceptions.Count; i++)
        {
            DeviceException old = Exceptions[i];
            if (old.Type == type && old.Major == major && old.Minor == minor)
            {
                int merged = isException ? old.Access | access : old.Access & ~access;
                if (merged == 0)
                    Exceptions.RemoveAt(i);
                else
                    Exceptions[i] = old with { Access = merged };
                return;
            }
            // A hole in a wildcard exception can be kept by neither back end: refusing is the only safe answer.
            if (!isException && old.Type == type && (old.Access & access) != 0 && Covers(old.Major, major) && Covers(old.Minor, minor))
                throw new StepException($"device rule cannot take back a part of a wider one: {Text(rule)}");
        }
        if (isException)
            Exceptions.Add(new DeviceException(type, major, minor, access));
    }

    private static bool Covers(long wide, long narrow) => wide < 0 || wide == narrow;

    private static long Checked(long? number, DeviceRule rule)
    {
        if (number is null or -1)
            return -1;
        return number is >= 0 and <= uint.MaxValue ? number.Value : throw new StepException($"device number out of range: {Text(rule)}");
    }

    private static int AccessBits(DeviceRule rule)
    {
        int bits = 0;
        foreach (char c in rule.Access)
        {
            bits |= c switch
            {
                'r' => BpfProg.BPF_DEVCG_ACC_READ,
                'w' => BpfProg.BPF_DEVCG_ACC_WRITE,
                'm' => BpfProg.BPF_DEVCG_ACC_MKNOD,
                _ => throw new StepException($"unknown device access '{c}' in device rule: {Text(rule)}"),
            };
        }
        return bits == 0 ? throw new StepException($"no access in device rule: {Text(rule)}") : bits;
    }

    private static string Text(DeviceRule rule) =>
        $"{(rule.Allow ? "allow" : "deny")} {rule.Type} {rule.Major?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "*"}:{rule.Minor?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "*"} {rule.Access}";
}
