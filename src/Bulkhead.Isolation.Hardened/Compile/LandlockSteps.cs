using System.Runtime.CompilerServices;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>
/// A landlock domain in two steps: the rules while the process may still look up every path, inside the container's root; the confinement
/// itself last, since a confined process can change neither mounts nor root.
/// </summary>
internal sealed class LandlockSteps(CompileContext context, LandlockPlan plan)
{
    // struct statx (stat.h): stx_attributes is 64 bits wide at 8.
    private const int StatxSize = 256, AttributesOffset = 8;
    private const uint StatxAttrMountRoot = 0x2000;
    private readonly SpawnProgram program = context.Program;
    private readonly Slot ruleset = context.Program.NewSlot();

    public void MakeRules()
    {
        program.Step("make the landlock rules");
        program.CallInto(ruleset, SysNr.landlock_create_ruleset, program.Struct(plan.Attributes), plan.AttributesSize, 0);
        ulong how = program.Struct(new open_how { flags = Fcntl.O_PATH | Fcntl.O_CLOEXEC, resolve = Fcntl.RESOLVE_NO_MAGICLINKS });
        ulong stat = program.Reserve(StatxSize);
        foreach (LandlockRule rule in plan.Rules)
            Add(rule, how, stat);
    }

    private void Add(in LandlockRule rule, ulong how, ulong stat)
    {
        program.Step("make the landlock rule for", rule.Path);
        Label isMount = program.NewLabel(), close = program.NewLabel(), done = program.NewLabel(), isFile = program.NewLabel();
        int mark = program.Mark();
        Slot place = program.CallInto(program.NewSlot(), SysNr.openat2, Fcntl.AT_FDCWD, program.Text(rule.Path), how, Unsafe.SizeOf<open_how>());
        program.Accept(Errno.ENOENT, Errno.ENOTDIR, then: done);
        // Every rule is for a mount. For exec the container may have put a link where the way to one was: what is no mount gets no rule.
        program.Call(SysNr.statx, place, program.Text(""), Fcntl.AT_EMPTY_PATH, 0, stat);
        program.JumpIf(stat + AttributesOffset, StatxAttrMountRoot, StatxAttrMountRoot, isMount);
        program.Jump(close);
        program.Place(isMount);
        AddRule(rule.Access, place);
        // A file takes fewer rights than a directory (EINVAL); a file of nsfs takes none, nor needs any (EBADFD).
        program.Accept(Errno.EINVAL, Errno.EBADFD, then: isFile);
        program.Jump(close);
        program.Place(isFile);
        AddRule(rule.Access & LandlockPlan.OfFiles, place);
        program.Accept(Errno.EBADFD);
        program.Place(close);
        context.Close(place);
        program.Place(done);
        program.Release(mark);
    }

    private void AddRule(ulong access, Slot place)
    {
        const int FdOffset = 8;
        ulong attributes = program.Struct(new landlock_path_beneath_attr { allowed_access = access });
        program.Store32(attributes + FdOffset, place);
        program.Call(SysNr.landlock_add_rule, ruleset, Landlock.LANDLOCK_RULE_PATH_BENEATH, attributes, 0);
    }

    public void Confine()
    {
        program.Step("confine by landlock");
        program.Call(SysNr.landlock_restrict_self, ruleset, 0);
        context.Close(ruleset);
    }
}
