using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>A startContainer hook: inside the container, with the confinement that its process will have.</summary>
internal static class ContainerHook
{
    public static void Run(string name, Hook hook, byte[] document, Container container, RuntimeConfig config)
    {
        Process process = config.Process!;
        ProcessPlan plan = ProcessPlanner.Plan(new Process
        {
            Executable = hook.Path,
            Args = hook.Args.Length == 0 ? [hook.Path] : hook.Args,
            Env = hook.Env,
            Cwd = "/",
            User = process.User,
            Capabilities = process.Capabilities,
            Rlimits = process.Rlimits,
            NoNewPrivileges = process.NoNewPrivileges,
            ApparmorProfile = process.ApparmorProfile,
            SelinuxLabel = process.SelinuxLabel,
        }, config, exec: true, container.HasUserNamespace, addHome: false);
        using Fd input = HookRunner.InputFile(document);
        using RunningProcess running = container.Sandbox.Exec(plan, new ExecRequest { Streams = new ProcessStreams(), Input = input, Joined = NamespaceNames.Joined(config.Linux) });
        bool ended = HookRunner.WaitFor(running.Pidfd, hook.Timeout);
        if (!ended)
            Sys.PidfdSendSignal(running.Pidfd, Signal.SIGKILL);
        int status = Sys.WaitExit(running.Pidfd).OrThrow("wait for hook", hook.Path).Status;
        if (!ended)
            throw new StepException($"{name}: {hook.Path} did not end within {hook.Timeout} s and was killed");
        if (status != 0)
            throw new StepException($"{name}: {hook.Path} ended with status {status}");
    }
}
