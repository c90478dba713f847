using System.Linq;

namespace Bulkhead.Security;

/// <summary>Every probe of the table, by init and by exec (E40): refused under the profile, open without its defence.</summary>
public sealed class DoorTests
{
    public static TheoryData<string, Entry> Every()
    {
        var data = new TheoryData<string, Entry>();
        foreach (Door door in Doors.All)
        {
            data.Add(door.Id, Entry.Init);
            data.Add(door.Id, Entry.Exec);
        }
        return data;
    }

    public static TheoryData<string, Entry, string> EveryLayerOfMany()
    {
        var data = new TheoryData<string, Entry, string>();
        foreach (Door door in Doors.All.Where(d => d.EachLayer.Count() > 1))
        {
            foreach (Layers layer in door.EachLayer)
            {
                data.Add(door.Id, Entry.Init, layer.ToString());
                data.Add(door.Id, Entry.Exec, layer.ToString());
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void A_door_is_closed_under_the_profile(string id, Entry entry)
    {
        Finding finding = ProbeRuns.Get(Doors.Find(id), Layers.None, entry);

        Assert.False(finding.Open, finding.ToString());
    }

    /// <summary>The control: without it a probe that can never open would count as a defence.</summary>
    [Theory]
    [MemberData(nameof(Every))]
    public void A_door_opens_without_its_defence_or_the_kernel_closes_it_by_itself(string id, Entry entry)
    {
        Door door = Doors.Find(id);

        Finding finding = ProbeRuns.Get(door, door.Layers, entry);

        if (entry == Entry.Exec && door.AlwaysInExec != Layers.None)
            Assert.False(finding.Open, "exec never goes without " + door.AlwaysInExec);
        else if (!finding.Open)
            AssertKernel(door, entry, finding);
    }

    [Theory]
    [MemberData(nameof(EveryLayerOfMany))]
    public void Each_layer_refuses_alone(string id, Entry entry, string layer)
    {
        Door door = Doors.Find(id);

        Finding finding = ProbeRuns.Get(door, door.Layers & ~System.Enum.Parse<Layers>(layer), entry);

        Assert.False(finding.Open, finding.ToString());
    }

    public static TheoryData<string, Entry, bool> EveryInTheUserKernel() => new MatrixTheoryData<string, Entry, bool>(Doors.All.Select(d => d.Id), [Entry.Init, Entry.Exec], [false, true]);

    /// <summary>Our own kernel answers: under the profile, and with all of it off. What it opens it opens inside (HostCallTests).</summary>
    [Theory]
    [MemberData(nameof(EveryInTheUserKernel))]
    public void In_the_user_kernel_a_door_opens_inside_or_not_at_all(string id, Entry entry, bool allOff)
    {
        Finding finding = ProbeRuns.Get(Doors.Find(id), allOff ? ProbeRuns.MostOff(entry) : Layers.None, entry, Tier.UserKernel);

        // --preserve-fds is the caller's own word.
        bool isGiven = allOff && entry == Entry.Init && id == "E2.descriptors";
        Assert.True(finding.Open == (isGiven || (allOff ? UserKernelDoors.WithAllOff : UserKernelDoors.Always).Contains(id)), finding.ToString());
    }

    /// <summary>The kernel itself: the table names it, and a container with no defence at all, and the host's root without a container, are refused in the same way.</summary>
    private static void AssertKernel(Door door, Entry entry, Finding finding)
    {
        Assert.True(door.KernelErrors.Contains(finding.Error), $"control is {finding}; only {string.Join(' ', door.KernelErrors)} would be the kernel's own");
        Finding bare = ProbeRuns.Get(door, Layers.All, entry);
        Assert.True(!bare.Open && door.KernelErrors.Contains(bare.Error), $"control is {finding}, but without any defence {bare}");
        Finding host = ProbeRuns.OnHost(door);
        Assert.True(!host.Open && door.KernelErrors.Contains(host.Error), $"control is {finding}, but on the host {host}");
        TestContext.Current.SendDiagnosticMessage("{0} by {1}: the kernel refuses by itself ({2}): {3}", door.Id, entry, door.Kernel, finding);
    }
}
