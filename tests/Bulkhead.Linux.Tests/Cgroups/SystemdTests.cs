using System;
using System.Diagnostics;
using System.IO;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Linux.Cgroups.Systemd;

namespace Bulkhead.Linux.Tests.Cgroups;

/// <summary>
/// The systemd driver against a real dbus-daemon and a stand-in for systemd written on libdbus. Tested against dbus-daemon, not systemd.
/// </summary>
public sealed class SystemdTests : IDisposable
{
    private const string Variable = "DBUS_SYSTEM_BUS_ADDRESS";

    private readonly PrivateBus _bus = new();

    public SystemdTests() => Environment.SetEnvironmentVariable(Variable, _bus.Address);

    [Fact]
    public void A_scope_holds_the_process_with_its_limits_and_goes_away()
    {
        var target = CgroupTarget.Parse($"bulkhead-test.slice:bh:{Environment.ProcessId}", "c1", systemd: true);
        var resources = new CgroupResources
        {
            MemoryLimit = 64 << 20,
            CpuShares = 512,
            CpuQuota = 12345,
            CpuPeriod = 100000,
            PidsLimit = 9,
            Cpus = "0-1",
            Mems = "0",
            Devices = [new(false, 'a', null, null, "rwm"), new(true, 'c', null, null, "m"), new(true, 'c', 136, null, "rw"), new(true, 'b', 7, 1, "r")],
        };
        using Process sleeper = Process.Start("/bin/sleep", "60");
        using Cgroup cgroup = SystemdScope.Create(CgroupLayout.Detect(), target, sleeper.Id, resources, "c1");
        try
        {
            Assert.Equal(
                $"[\"StartTransientUnit\", \"bh-{Environment.ProcessId}.scope\", \"replace\", [[\"Description\", \"String\", \"bulkhead container c1\"], "
                + $"[\"Slice\", \"String\", \"bulkhead-test.slice\"], [\"Delegate\", \"Boolean\", true], [\"PIDs\", \"Array\", [{sleeper.Id}]], "
                + "[\"MemoryAccounting\", \"Boolean\", true], [\"CPUAccounting\", \"Boolean\", true], [\"BlockIOAccounting\", \"Boolean\", true], "
                + "[\"TasksAccounting\", \"Boolean\", true], [\"DefaultDependencies\", \"Boolean\", false], "
                + "[\"DeviceAllow\", \"Array\", []], [\"DevicePolicy\", \"String\", \"strict\"], "
                + "[\"DeviceAllow\", \"Array\", [[\"char-*\", \"m\"], [\"char-136\", \"rw\"], [\"/dev/block/7:1\", \"r\"]]], "
                + "[\"MemoryLimit\", \"UInt64\", 67108864], [\"CPUShares\", \"UInt64\", 512], [\"CPUQuotaPeriodUSec\", \"UInt64\", 100000], "
                + "[\"CPUQuotaPerSecUSec\", \"UInt64\", 130000], [\"TasksMax\", \"UInt64\", 9], [\"AllowedCPUs\", \"Array\", \"03\"], "
                + "[\"AllowedMemoryNodes\", \"Array\", \"01\"]], 0]", _bus.Call());
            foreach (string line in File.ReadAllLines($"/proc/{sleeper.Id}/cgroup"))
                Assert.EndsWith($":/bulkhead.slice/bulkhead-test.slice/bh-{Environment.ProcessId}.scope", line, StringComparison.Ordinal);
            Assert.Equal("9", Guest.FileText(cgroup, "pids", "pids.max"));
            Assert.Equal("13000", Guest.FileText(cgroup, "cpu", "cpu.cfs_quota_us"));
            cgroup.Update(new CgroupResources { PidsLimit = -1 });
            Assert.Equal($"[\"SetUnitProperties\", \"bh-{Environment.ProcessId}.scope\", true, [[\"TasksMax\", \"UInt64\", 18446744073709551615]]]", _bus.Call());
            Assert.Equal("max", Guest.FileText(cgroup, "pids", "pids.max"));
        }
        finally
        {
            Assert.True(cgroup.Kill());
            sleeper.WaitForExit();
            using var again = Cgroup.Open(cgroup.Paths);
            again.Remove();
            RemoveSlices(cgroup);
        }
        Assert.False(cgroup.Exists);
        Assert.Equal(
            [$"[\"StopUnit\", \"bh-{Environment.ProcessId}.scope\", \"replace\"]", $"[\"ResetFailedUnit\", \"bh-{Environment.ProcessId}.scope\"]"], _bus.Calls(2));
    }

    [Fact]
    public void All_v2_properties_arrive_as_their_types()
    {
        using SystemdManager manager = SystemdManager.Connect(user: false);
        Assert.Equal(252, manager.Version());
        Assert.Equal("/user.slice/user-1000.slice/user@1000.service", manager.ControlGroup());
        var resources = new CgroupResources
        {
            MemoryLimit = 100 << 20,
            MemorySwap = 150 << 20,
            MemoryReservation = 50 << 20,
            CpuShares = 1024,
            PidsLimit = 0,
            Devices = [new(true, 'a', null, null, "rwm")],
            Unified = [new("memory.high", "max"), new("cpu.max", "5000 10000"), new("cpuset.cpus", "0,9"), new("io.max", "8:0 rbps=1")],
        };
        manager.SetUnitProperties("x.scope", to => ResourceProperties.Add(to, resources, unified: true, 252));
        Assert.Equal(
            "[\"SetUnitProperties\", \"x.scope\", true, [[\"DeviceAllow\", \"Array\", []], [\"DevicePolicy\", \"String\", \"auto\"], "
            + "[\"MemoryMax\", \"UInt64\", 104857600], [\"MemoryLow\", \"UInt64\", 52428800], [\"MemorySwapMax\", \"UInt64\", 52428800], [\"CPUWeight\", \"UInt64\", 100], "
            + "[\"MemoryHigh\", \"UInt64\", 18446744073709551615], [\"CPUQuotaPeriodUSec\", \"UInt64\", 10000], [\"CPUQuotaPerSecUSec\", \"UInt64\", 500000], "
            + "[\"AllowedCPUs\", \"Array\", \"0102\"], [\"TasksMax\", \"UInt64\", 1]]]", _bus.Call());
    }

    [Fact]
    public void A_leftover_failed_unit_is_reset_once()
    {
        using SystemdManager manager = SystemdManager.Connect(user: false);
        using Process sleeper = Process.Start("/bin/sleep", "60");
        manager.StartTransientUnit("bulkhead-leftover.scope", to =>
        {
            to.Add("Slice", "bulkhead-left.slice");
            to.AddPid("PIDs", sleeper.Id);
        });
        sleeper.Kill();
        sleeper.WaitForExit();
        manager.StopUnit("bulkhead-leftover.scope");
        manager.StopUnit("bulkhead-leftover.scope");
        Directory.Delete("/sys/fs/cgroup/systemd/bulkhead.slice/bulkhead-left.slice");
        Directory.Delete("/sys/fs/cgroup/systemd/bulkhead.slice");
        Assert.Equal(
            ["StartTransientUnit", "ResetFailedUnit", "StartTransientUnit", "StopUnit", "ResetFailedUnit", "StopUnit"],
            _bus.Calls(6).ConvertAll(call => call.Split('"')[1]));
    }

    [Fact]
    public void A_job_that_fails_is_an_error_with_its_result()
    {
        using SystemdManager manager = SystemdManager.Connect(user: false);
        StepException failed = Assert.Throws<StepException>(() => manager.StartTransientUnit("bulkhead-fails.scope", to => to.Add("Delegate", true)));
        Assert.Equal("error creating systemd unit `bulkhead-fails.scope`: got `failed`", failed.Message);
    }

    [Fact]
    public void Without_systemd_the_error_says_so()
    {
        Environment.SetEnvironmentVariable(Variable, "unix:path=/no/such/bus");
        StepException refused = Assert.Throws<StepException>(
            () => SystemdScope.Create(CgroupLayout.Detect(), CgroupTarget.Parse(null, "c1", systemd: true), 1, null, "c1"));
        Assert.Contains("systemd cannot be reached", refused.Message, StringComparison.Ordinal);
        Assert.Contains("/no/such/bus", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_message_comes_through()
    {
        using SystemdManager manager = SystemdManager.Connect(user: false);
        string text = new('x', 20_000);
        manager.SetUnitProperties("x.scope", to => to.Add("Description", text));
        Assert.Equal($"[\"SetUnitProperties\", \"x.scope\", true, [[\"Description\", \"String\", \"{text}\"]]]", _bus.Call());
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, null);
        _bus.Dispose();
    }

    private static void RemoveSlices(Cgroup cgroup)
    {
        foreach ((_, string path) in cgroup.Paths.Entries)
        {
            string slice = Path.GetDirectoryName(path)!;
            Directory.Delete(slice);
            string top = Path.GetDirectoryName(slice)!;
            if (Directory.GetDirectories(top).Length == 0)
                Directory.Delete(top);
        }
    }
}
