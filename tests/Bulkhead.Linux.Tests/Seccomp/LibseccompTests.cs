using System.Linq;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Seccomp;

namespace Bulkhead.Linux.Tests.Seccomp;

/// <summary>The same decisions as libseccomp makes of the same profile, with fewer instructions.</summary>
public sealed class LibseccompTests
{
    private static readonly NativeTool s_export = new("libseccomp-export", "-lseccomp");

    private static BpfInterpreter Libseccomp(SeccompProfile profile, int optimize)
    {
        uint defaultAction = ReferenceFilter.Action(profile.DefaultAction, profile.DefaultData);
        var text = new StringBuilder($"default {defaultAction}\n");
        foreach (SeccompArch arch in profile.Architectures)
        {
            // seccomp.h: the audit numbers, and for x32 EM_X86_64 without the 64-bit flag.
            uint token = arch switch { SeccompArch.X64 => Audit.AUDIT_ARCH_X86_64, SeccompArch.X86 => Audit.AUDIT_ARCH_I386, SeccompArch.X32 => 0x4000003e, _ => 0 };
            if (token != 0)
                text.Append($"arch {token}\n");
        }
        text.Append($"optimize {optimize}\n");
        foreach (SeccompRule rule in profile.Rules)
        {
            uint action = ReferenceFilter.Action(rule.Action, rule.Data);
            if (action == defaultAction)
                continue;
            foreach (string name in rule.Names)
                text.Append($"rule {action} {name} {rule.Arguments.Length}{string.Concat(rule.Arguments.Select(Argument))}\n");
        }
        (int status, byte[] output, string error) = s_export.Run(Encoding.ASCII.GetBytes(text.ToString()));
        Assert.True(status == 0, error);
        return new BpfInterpreter(output);
    }

    // enum scmp_compare: NE LT LE EQ GE GT MASKED_EQ from 1, the order of SeccompOperator.
    private static string Argument(SeccompArgument argument) => $" {argument.Index} {(int)argument.Operator + 1} {argument.Value} {argument.ValueTwo}";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Docker_profile_decides_as_libseccomp_in_fewer_instructions(int optimize)
    {
        SeccompProfile profile = Profiles.Docker();
        var ours = new BpfInterpreter(SeccompCompiler.Compile(profile));
        BpfInterpreter theirs = Libseccomp(profile, optimize);
        Assert.InRange(ours.Length, 1, theirs.Length / 2);
        uint enosys = SeccompAbi.SECCOMP_RET_ERRNO | (uint)Errno.ENOSYS;
        foreach (uint arch in new[] { Audit.AUDIT_ARCH_X86_64, Audit.AUDIT_ARCH_I386, 0xC00000B7u })
        {
            foreach (uint start in new uint[] { 0, 0x40000000, 0xffffff00 })
            {
                for (uint i = 0; i < 600; i++)
                {
                    foreach (ulong value in new ulong[] { 0, 1, 8, 0x20000, 0x20008, 0xffffffff, 0x1ffffffff, 0x10000000, 0x7e020000 })
                    {
                        var call = new Call(arch, unchecked(start + i), [value, value, value, value, value, value]);
                        uint mine = ours.Run(call);
                        // The stub that runc puts before libseccomp's filter; SeccompCompilerTests hold where it begins.
                        if (mine != enosys)
                            Assert.Equal(theirs.Run(call), mine);
                    }
                }
            }
        }
    }
}
