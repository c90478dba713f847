using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>A record lock on a file of a volume is seen by whoever has the volume too, whatever kernel it runs on (docs/userkernel.md, locks of files).</summary>
public sealed class SharedLockTests
{
    private const string Free = "2 0 0 taken\n", Held = "1 3 4 EAGAIN\n";

    [Theory]
    [InlineData("userkernel", "hardened")]
    [InlineData("hardened", "userkernel")]
    [InlineData("userkernel", "userkernel")]
    public void OthersOfTheVolumeSeeARecordLock(string holder, string other)
    {
        using var person = new Person();
        string root = person.Make("root"), data = person.Make("data-volume");
        Command.Run("chmod", "777", root, data).Ok();
        Command.Run("chown", "1000:1000", data).Ok(); // what is root's a container may only read
        Directory.CreateDirectory(root + "/bin");
        Directory.CreateDirectory(root + "/data");
        Command.Run("gcc", "-O1", "-static", "-o", root + "/bin/lock", Path.Combine(Repository.Root, "tests/UserKernel/lock.c")).Ok();

        string id = person.Do("run", "-d", "--isolation", holder, "-v", data + ":/data", "--rootfs", root, "/bin/lock", "hold", "/data/file").Ok().Trim();
        Poll.Until("the lock", () => File.Exists(data + "/file.held"));
        Assert.Equal(Held, Try(person, other, root, data));
        person.Do("rm", "-f", id).Ok();
        Assert.Equal(Free, Try(person, other, root, data));
    }

    private static string Try(Person person, string tier, string root, string data)
    {
        Outcome outcome = person.Run(tier, "-v", data + ":/data", "--rootfs", root, "/bin/lock", "try", "/data/file");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return outcome.Out;
    }
}
