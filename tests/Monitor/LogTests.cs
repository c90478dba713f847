using System;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

/// <summary>Output that is hard on a log.</summary>
public sealed class LogTests
{
    private const int Sigusr1 = 10;

    /// <summary>A full disk: the container goes on, its clients see everything, the log is valid and tells what is missing.</summary>
    [Fact]
    public void AFullDiskStopsNothing()
    {
        using var person = new Person(smallDisk: true);
        const string Fill = "trap go=1 USR1; i=0; while [ $i -lt 400 ]; do printf '%04000d\\n' $i; i=$((i+1)); done; touch /tmp/done; while [ -z \"$go\" ]; do sleep 0.05; done; echo last; exit 5";
        string id = person.Start(Fill);
        int init = KilledMonitorTests.InitOf(id);
        string inside = $"/proc/{init}/root/tmp";
        Poll.Until("it to write 1.6 MB to a disk of 0.5", () => File.Exists(inside + "/done"));
        Assert.DoesNotContain($"{399:D4000}", person.Log(id), StringComparison.Ordinal);
        Linux.Kill(init, Sigusr1);
        Poll.Until("its end", () => File.Exists(person.Folder(id) + "/exit.json"));
        Assert.Equal(5, person.Exit(id).GetProperty("status").GetInt32());
        string log = person.Log(id);
        Assert.StartsWith($"{0:D4000}\n", log, StringComparison.Ordinal);
    }

    [Fact]
    public void ALongLineAndAnyBytes()
    {
        using var person = new Person();
        string id = person.Start("head -c 1048576 /dev/zero | tr '\\0' x; echo; head -c 100000 /dev/urandom; echo; echo last");
        Assert.Equal("0", person.Do("wait", id).Ok().Trim());
        string log = person.Log(id);
        Assert.Equal(1 << 20, log.IndexOf('\n', StringComparison.Ordinal));
        Assert.EndsWith("\nlast\n", log, StringComparison.Ordinal);
    }

    /// <summary>Three files of 10 MB are kept, the end is in them.</summary>
    [Fact]
    public void OldOutputIsDropped()
    {
        using var person = new Person();
        string id = person.Start("yes 01234567890123456789012345678901234567890123456789012345678901234567890123456789 | head -c 40000000; echo; echo last");
        Assert.Equal("0", person.Do("wait", id).Ok().Trim());
        string[] files = [.. Directory.GetFiles(person.Folder(id), "log.json*").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        Assert.Equal(["log.json", "log.json.1", "log.json.2"], files);
        Assert.All(files, file => Assert.InRange(new FileInfo(person.Folder(id) + "/" + file).Length, 1, 10 << 20));
        Assert.EndsWith("\nlast\n", person.Log(id), StringComparison.Ordinal);
    }

    /// <summary>What one read got goes out in writes of 8 KiB: by counts of its system calls.</summary>
    [Fact]
    public void ManyLinesAreFewWrites()
    {
        const int Lines = 200_000, EntriesPerWrite = 80;
        using var person = new Person();
        string id = person.Start($"trap go=1 USR1; while [ -z \"$go\" ]; do sleep 0.05; done; head -c {Lines} /dev/zero | tr '\\0' '\\n'; touch /tmp/done; sleep 1000");
        int monitor = Person.Monitor(id)!.Value, init = KilledMonitorTests.InitOf(id);
        int before = Writes(monitor);
        string done = $"/proc/{init}/root/tmp/done";
        // It may not have its trap yet.
        Poll.Until("it to write", () => Linux.Kill(init, Sigusr1) && File.Exists(done));
        string[] files = ["log.json.1", "log.json"];
        Poll.Until("the log", () => files.Sum(file => person.Log(id, file).Length) == Lines);
        Assert.InRange(Writes(monitor) - before, 1, Lines / EntriesPerWrite);
    }

    /// <summary>syscw of proc_pid_io(5): its write(2) calls.</summary>
    private static int Writes(int pid) =>
        int.Parse(File.ReadLines($"/proc/{pid}/io").First(line => line.StartsWith("syscw:", StringComparison.Ordinal))[6..], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A monitor that was killed while it wrote an entry.</summary>
    [Fact]
    public void HalfAnEntryIsCutOff()
    {
        using var person = new Person();
        string id = person.Start("echo one");
        person.Do("wait", id).Ok();
        File.AppendAllText(person.Folder(id) + "/log.json", "{\"log\":\"tw");
        person.Do("start", id).Ok();
        person.Do("wait", id).Ok();
        Assert.Equal("one\none\n", person.Log(id));
    }
}
