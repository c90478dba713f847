using Bulkhead.Linux;

namespace Bulkhead.Oci;

/// <summary>The section `process`.</summary>
public static partial class ConfigValidator
{
    private const uint NoId = uint.MaxValue; // (uid_t)-1: "leave alone" in setresuid(2)

    private static void Process(Process process, string path, Scope scope)
    {
        if (process.Cwd.Length == 0 || process.Cwd[0] != '/')
            scope.Absolute(process.Cwd, path + ".cwd");
        if (process.Args.Length == 0)
            throw scope.Refuse(path + ".args", "must not be empty; give the command");
        NoNulText(process, path, scope);
        Environment(process.Env, path, scope);
        User(process.User, path, scope);
        Rlimits(process.Rlimits, path, scope);
        if (process.OomScoreAdj is < -1000 or > 1000)
            throw scope.Refuse(path + ".oomScoreAdj", $"{process.OomScoreAdj} is not between -1000 and 1000");
        if (process.Scheduler is not null)
            Scheduler(process.Scheduler, path + ".scheduler", scope);
        if (process.IoPriority is not null)
            IoPriority(process.IoPriority, path + ".ioPriority", scope);
        if (process.ExecCpuAffinity is not null)
            Affinity(process.ExecCpuAffinity, path + ".execCPUAffinity", scope);
    }

    private static void NoNulText(Process process, string path, Scope scope)
    {
        foreach (string arg in process.Args)
        {
            if (arg.Contains('\0'))
                throw scope.Refuse(path + ".args", "has a NUL byte");
        }
        if (process.Cwd.Contains('\0'))
            throw scope.Refuse(path + ".cwd", "has a NUL byte");
        if (process.ApparmorProfile is not null)
            scope.NoNul(process.ApparmorProfile, path + ".apparmorProfile");
        if (process.SelinuxLabel is not null)
            scope.NoNul(process.SelinuxLabel, path + ".selinuxLabel");
    }

    private static void User(User user, string path, Scope scope)
    {
        if (user.Uid == NoId)
            throw scope.Refuse(path + ".user.uid", "4294967295 is no id (setresuid(2): leave alone)");
        if (user.Gid == NoId)
            throw scope.Refuse(path + ".user.gid", "4294967295 is no id (setresgid(2): leave alone)");
        if (user.AdditionalGids.Length > 65536)
            throw scope.Refuse(path + ".user.additionalGids", "has more than 65536 groups (NGROUPS_MAX)");
    }

    private static void Rlimits(PosixRlimit[] limits, string path, Scope scope)
    {
        uint seen = 0;
        for (int i = 0; i < limits.Length; i++)
        {
            PosixRlimit limit = limits[i];
            if (!Bulkhead.Linux.Rlimits.TryParse(limit.Type, out int number))
                throw scope.Refuse($"{path}.rlimits[{i}].type", $"\"{limit.Type}\" is not a limit of Linux, as RLIMIT_NOFILE");
            if ((seen & (1u << number)) != 0)
                throw scope.Refuse($"{path}.rlimits[{i}].type", $"{limit.Type} stands twice");
            if (limit.Soft > limit.Hard)
                throw scope.Refuse($"{path}.rlimits[{i}].soft", $"{limit.Soft} is above the hard limit {limit.Hard}");
            seen |= 1u << number;
        }
    }

    /// <summary>The rules of sched_setattr(2).</summary>
    private static void Scheduler(Scheduler scheduler, string path, Scope scope)
    {
        string policy = scheduler.Policy;
        if (policy.Length == 0)
            throw scope.Refuse(path + ".policy", "is missing; give one, as SCHED_OTHER");
        if (!Scheduling.TryParsePolicy(policy, out _))
            throw scope.Refuse(path + ".policy", $"\"{policy}\" is not a policy of Linux");
        bool realTime = policy is "SCHED_FIFO" or "SCHED_RR";
        if (policy is "SCHED_OTHER" or "SCHED_BATCH" && scheduler.Nice is < -20 or > 19)
            throw scope.Refuse(path + ".nice", $"{scheduler.Nice} is not between -20 and 19");
        if (!realTime && scheduler.Priority != 0)
            throw scope.Refuse(path + ".priority", "is only for SCHED_FIFO and SCHED_RR");
        if (realTime && scheduler.Priority is < 1 or > 99)
            throw scope.Refuse(path + ".priority", $"{scheduler.Priority} is not between 1 and 99");
        if (policy != "SCHED_DEADLINE" && (scheduler.Runtime | scheduler.Deadline | scheduler.Period) != 0)
            throw scope.Refuse(path, "runtime, deadline and period are only for SCHED_DEADLINE");
        for (int i = 0; i < scheduler.Flags.Length; i++)
        {
            if (!Scheduling.TryParseFlag(scheduler.Flags[i], out _))
                throw scope.Refuse($"{path}.flags[{i}]", $"\"{scheduler.Flags[i]}\" is not a flag of sched_setattr(2)");
        }
    }

    private static void IoPriority(LinuxIoPriority priority, string path, Scope scope)
    {
        if (!Scheduling.TryParseIoClass(priority.Class, out int ioClass) || ioClass == 0)
            throw scope.Refuse(path + ".class", $"\"{priority.Class}\" is not IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE");
        if (priority.Priority is < 0 or > 7)
            throw scope.Refuse(path + ".priority", $"{priority.Priority} is not between 0 and 7");
    }

    private static void Affinity(CpuAffinity affinity, string path, Scope scope)
    {
        if (affinity.Initial is not null && !CpuList.IsValid(affinity.Initial))
            throw scope.Refuse(path + ".initial", $"\"{affinity.Initial}\" is not a list of CPUs, as 0-3,8");
        if (affinity.Final is not null && !CpuList.IsValid(affinity.Final))
            throw scope.Refuse(path + ".final", $"\"{affinity.Final}\" is not a list of CPUs, as 0-3,8");
    }

    /// <summary>In a user namespace that we make, the process can only have ids that are mapped (setuid(2): EINVAL).</summary>
    private static void MappedUser(RuntimeConfig config, Scope scope)
    {
        if (!scope.IsNew(NamespaceKinds.User))
            return;
        LinuxConfig linux = config.Linux!;
        User user = config.Process!.User;
        if (!IsMapped(linux.UidMappings, user.Uid))
            throw scope.Refuse("$.process.user.uid", $"{user.Uid} is not mapped by $.linux.uidMappings");
        if (!IsMapped(linux.GidMappings, user.Gid))
            throw scope.Refuse("$.process.user.gid", $"{user.Gid} is not mapped by $.linux.gidMappings");
        for (int i = 0; i < user.AdditionalGids.Length; i++)
        {
            if (!IsMapped(linux.GidMappings, user.AdditionalGids[i]))
                throw scope.Refuse($"$.process.user.additionalGids[{i}]", $"{user.AdditionalGids[i]} is not mapped by $.linux.gidMappings");
        }
    }

    private static bool IsMapped(LinuxIdMapping[] mappings, uint id)
    {
        foreach (LinuxIdMapping mapping in mappings)
        {
            if (id >= mapping.ContainerId && id - mapping.ContainerId < mapping.Size)
                return true;
        }
        return false;
    }
}
