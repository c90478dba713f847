using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Bulkhead.GuestV2;

/// <summary>One boot of the guest by QEMU's software emulation (no /dev/kvm needed).</summary>
internal static class Machine
{
    /// <summary>Ends a guest that hangs as a whole; single cases have their own limit.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    /// <summary>Boots from the root disk, runs the payload's list, and gives what came through the port and what the console said.</summary>
    public static (byte[] Frames, string Console) Boot(string disk, string payload)
    {
        string frames = payload + ".frames";
        string console = payload + ".console";
        File.Delete(frames);
        File.Delete(console);
        ProcessStartInfo start = new("qemu-system-x86_64", Arguments(disk, payload, frames, console)) { RedirectStandardError = true };
        using Process qemu = Process.Start(start) ?? throw new InvalidOperationException("qemu");
        System.Threading.Tasks.Task<string> errors = qemu.StandardError.ReadToEndAsync();
        if (!qemu.WaitForExit(s_limit))
        {
            qemu.Kill();
            qemu.WaitForExit();
        }
        string said = File.Exists(console) ? File.ReadAllText(console) : "";
        return (File.Exists(frames) ? File.ReadAllBytes(frames) : [], said + errors.Result);
    }

    private static string[] Arguments(string disk, string payload, string frames, string console) =>
    [
        "-M", "microvm", "-cpu", "max", "-accel", "tcg,tb-size=512", "-smp", "1", "-m", "512",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "file:" + console,
        "-global", "virtio-mmio.force-legacy=false",
        "-kernel", Path.Combine(Repository.Work, "vmlinux"), "-initrd", Path.Combine(Repository.Work, "initrd"),
        // snapshot=on: the guest may write, the file stays as it was built.
        "-drive", "id=root,if=none,format=raw,snapshot=on,file=" + Path.Combine(Repository.Work, disk),
        "-device", "virtio-blk-device,drive=root",
        "-drive", "id=payload,if=none,format=raw,readonly=on,file=" + payload,
        "-device", "virtio-blk-device,drive=payload",
        "-device", "virtio-serial-device,max_ports=2", "-chardev", "file,id=frames,path=" + frames,
        "-device", "virtserialport,chardev=frames,name=frames",
        "-append", "console=ttyS0 quiet panic=-1 reboot=t mitigations=off no_timer_check tsc=reliable 8250.nr_uarts=1 " +
            "cryptomgr.notests audit=0 lpj=4192016 tsc_early_khz=" + TscKiloHertz().ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>
    /// The microvm has no timer that the kernel could calibrate the TSC with and hangs without being told its rate.
    /// Emulation passes the host's counter through; /proc/cpuinfo's rate is near enough, it only scales the guest's clock.
    /// </summary>
    private static int TscKiloHertz()
    {
        string line = File.ReadLines("/proc/cpuinfo").First(each => each.StartsWith("cpu MHz", StringComparison.Ordinal));
        return (int)(double.Parse(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture) * 1000);
    }
}
