using System.Runtime.InteropServices;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>How a process that is new in a user namespace keeps its capabilities over the stub's exec (capabilities(7)).</summary>
internal static class FullCapabilities
{
    private const uint Version3 = 0x20080522;

    /// <summary>As uid 0; where the namespace has no such id, which a caller without root need not have, as ambient capabilities.</summary>
    public static void Keep(SpawnProgram prelude)
    {
        Label ambient = prelude.NewLabel(), done = prelude.NewLabel();
        prelude.Step("become root of the user namespace");
        prelude.Call(SysNr.setresgid, 0, 0, 0);
        prelude.Accept(Errno.EINVAL, then: ambient);
        prelude.Call(SysNr.setresuid, 0, 0, 0);
        prelude.Accept(Errno.EINVAL, then: ambient);
        prelude.Jump(done);
        prelude.Place(ambient);
        RaiseAmbient(prelude);
        prelude.Place(done);
    }

    private static void RaiseAmbient(SpawnProgram prelude)
    {
        int last = Capabilities.Last();
        ulong all = Capabilities.UpTo(last);
        uint low = (uint)all, high = (uint)(all >> 32);
        prelude.Step("keep the capabilities of the user namespace");
        ulong header = prelude.Bytes(MemoryMarshal.AsBytes<uint>([Version3, 0]));
        prelude.Call(SysNr.capset, header, prelude.Bytes(MemoryMarshal.AsBytes<uint>([low, low, low, high, high, high])));
        for (int capability = 0; capability <= last; capability++)
            prelude.Call(SysNr.prctl, Prctl.PR_CAP_AMBIENT, Prctl.PR_CAP_AMBIENT_RAISE, capability, 0, 0);
    }
}
