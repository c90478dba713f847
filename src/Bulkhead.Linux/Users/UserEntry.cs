using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Users;

/// <summary>
/// The way of a caller without root into a user namespace, where it holds every capability: this program is executed again and enters it natively
/// before the runtime has threads (eng/native/users.c). Only in executables, which link that part.
/// </summary>
public static unsafe partial class UserEntry
{
    /// <summary>Holds an order (<see cref="UserOrder"/>) over exec; gone before managed code runs.</summary>
    public const string Variable = "BULKHEAD_USERS";

    [LibraryImport("bulkheadnative", EntryPoint = "bh_users_failure")]
    private static partial byte* Failure(int* error);

    [LibraryImport("bulkheadnative", EntryPoint = "bh_execute_again", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ExecuteAgain(string order);

    /// <summary>The caller may do what it likes on this machine, or has entered a namespace where it may.</summary>
    public static bool IsPrivileged => (Sys.PermittedCapabilities() >> Abi.Capability.CAP_SYS_ADMIN & 1) != 0;

    /// <summary>Ids of the host are foreign to the caller: no idmapped mounts of the host's file systems, cgroups only where they were delegated.</summary>
    public static bool IsRootless => Sys.GetEuid() != 0;

    /// <summary>To be called first: an entry that was asked for and failed becomes a <see cref="StepException"/>.</summary>
    public static void Check()
    {
        int error;
        byte* step = Failure(&error);
        if (step is null)
            return;
        string text = Marshal.PtrToStringUTF8((nint)step)!;
        throw Explain(text, (Errno)error);
    }

    /// <summary>Executes this program again with the same words; does not return.</summary>
    public static void Enter(string order)
    {
        nint result = ExecuteAgain(order);
        throw new StepException("execute this program again to enter a user namespace", (Errno)(int)-result);
    }

    private static StepException Explain(string step, Errno error)
    {
        string? mend = step != "make a user namespace" ? null : error switch
        {
            Errno.EPERM => "plain users may not make one here: sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist), or run it as root",
            Errno.ENOSPC or Errno.EUSERS => "none are left: raise user.max_user_namespaces (sysctl -w user.max_user_namespaces=65536), or run it as root",
            Errno.EINVAL => "this kernel has none (CONFIG_USER_NS): run it as root",
            _ => null,
        };
        return mend is null ? new StepException(step, error) : new StepException($"{step}: {error.Describe()}: {mend}");
    }
}
