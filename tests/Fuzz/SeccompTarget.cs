using System.Buffers.Binary;
using System.Linq;
using Bulkhead.Linux.Seccomp;
using Bulkhead.Linux.Tests.Seccomp;

namespace Bulkhead.Fuzz;

/// <summary>The bytes choose a profile; the compiled filter, run as the kernel does, decides each call as the rules read one by one.</summary>
internal sealed class SeccompTarget : Target
{
    public override byte[][] Seeds { get; } = [[0, 0, 0, 0, 12, 3], [255, 1, 2, 3, 60, 6]];

    protected override void Parse(byte[] input)
    {
        byte[] bytes = [.. input.Take(6), .. new byte[6]];
        var generator = new ProfileGenerator(BinaryPrimitives.ReadInt32LittleEndian(bytes));
        SeccompProfile profile = generator.Profile(1 + bytes[4], 1 + bytes[5] % 6);
        var reference = new ReferenceFilter(profile);
        var program = new BpfInterpreter(SeccompCompiler.Compile(profile));
        foreach (Call call in generator.Calls(profile))
        {
            uint expected = reference.Decide(call), actual = program.Run(call);
            Must(expected == actual, $"{call.Arch:x} {call.Number:x} ({string.Join(' ', call.Arguments.Select(a => a.ToString("x")))}): the rules say {expected:x}, the filter {actual:x}");
        }
    }
}
