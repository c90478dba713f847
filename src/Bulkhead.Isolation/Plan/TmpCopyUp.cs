using System.Collections.Generic;
using Bulkhead.Linux;

namespace Bulkhead.Isolation.Plan;

internal static class TmpCopyUp
{
    public static Fd Make(RootPlan root, string destination, List<string> data, in MountSpec spec) =>
        throw new StepException("tmpcopyup");
}
