using System;
using System.Text;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Linux;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.MonitorCli;

internal static class Program
{
    private static int Main(string[] args)
    {
        try
        {
            MonitorPlan plan = MonitorPlan.Parse(args);
            using var monitor = new ContainerMonitor(plan, new HardenedTier(), new Fd(MonitorLauncher.StarterFd));
            monitor.Run();
            return 0;
        }
        catch (Exception error) when (error is StepException or FormatException)
        {
            Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes(error.Message + "\n"));
            return 1;
        }
    }
}
