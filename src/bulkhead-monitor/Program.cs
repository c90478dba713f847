using System;
using System.Text;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.UserKernel;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.MonitorCli;

internal static class Program
{
    private static int Main(string[] args)
    {
        try
        {
            if (args is [{ } word] && word.StartsWith(MonitorPlan.RemoveWord, StringComparison.Ordinal))
                return Remove(word[MonitorPlan.RemoveWord.Length..]);
            if (args is [{ } hold] && hold.StartsWith(MonitorPlan.HoldWord, StringComparison.Ordinal))
            {
                TerminalHolder.Run(new Fd(MonitorLauncher.StarterFd));
                return 0;
            }
            if (args is [MonitorPlan.ViewWord])
            {
                LayerView.Give(new Fd(MonitorLauncher.StarterFd));
                return 0;
            }
            // What the container is made with must not keep these.
            foreach (int fd in (int[])[MonitorLauncher.StarterFd, MonitorLauncher.LockFd])
                Sys.FileControl(Fd.Borrow(fd), Fcntl.F_SETFD, 1).OrThrow("keep the starter's connection"); // FD_CLOEXEC
            MonitorPlan plan = MonitorPlan.Parse(args);
            var starter = new Fd(MonitorLauncher.StarterFd);
            if (!PreparedMonitor.AwaitRun(starter))
                return 0;
            using var monitor = new ContainerMonitor(plan, MonitorTiers(), starter);
            monitor.Run();
            return 0;
        }
        catch (Exception error) when (error is StepException or FormatException)
        {
            Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes(error.Message + "\n"));
            return 1;
        }
    }

    private static Tiers MonitorTiers()
    {
        var hardened = new HardenedTier();
        return new Tiers(hardened, new UserKernelTier(hardened));
    }

    private static int Remove(string folder)
    {
        UserEntry.Check();
        new WorkloadFolder("", folder).Remove();
        return 0;
    }
}
