using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>Rewritten text that processes share (docs/decisions/0042): shared.c says what a process finds, and checks that it does what it did.</summary>
public sealed class SharedTextTests(SharedTextTests.Place place) : IClassFixture<SharedTextTests.Place>
{
    private const string Plain = "mov as it was, long as it was, read as it was, any as it was, argument as it was, other register as it was, other xor as it was, constant as it was";
    private const string Jumps = "mov jump, long jump, read jump, any jump, argument jump, other register as it was, other xor as it was, constant as it was";

    /// <summary>What a process reads of its C library: how many of its call sites are jumps to the place of trampolines.</summary>
    private const string CountJumps = """
        import re
        begin, end = next([int(word, 16) for word in line.split()[0].split('-')] for line in open('/proc/self/maps') if 'r-xp' in line and 'libc.so' in line)
        memory = open('/proc/self/mem', 'rb', buffering=0)
        memory.seek(begin)
        print('jumps', len(re.findall(rb'\xe9..[\x00-\xff]\x48', memory.read(end - begin), re.DOTALL)))
        """;

    [Fact]
    public void TheSecondProcessFindsJumps()
    {
        string[] lines = Chain(place.Root, "1");

        Assert.Equal([Plain, Jumps, Jumps], [lines[0], lines[3], lines[6]]);
    }

    [Fact]
    public void WithoutRewritingNothingIsShared()
    {
        string[] lines = Chain(place.Root, "0");

        Assert.Equal([Plain, Plain, Plain], [lines[0], lines[3], lines[6]]);
    }

    [Fact]
    public void MapsShowTheFile()
    {
        string[] lines = Chain(place.Root, "1");

        Assert.Contains(" r-xp ", " " + lines[1][5..], StringComparison.Ordinal);
        Assert.EndsWith("/bin/shared", lines[1], StringComparison.Ordinal);
        Assert.Equal([lines[1], lines[1]], [lines[4], lines[7]]);
    }

    /// <summary>Look-alikes are left alone, a change of one's own text stays one's own, a cancelled thread unwinds.</summary>
    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public void NothingElseIsDifferent(string rewriting)
    {
        string[] lines = Chain(place.Root, rewriting);

        Assert.Equal(["wrong: nothing", "wrong: nothing", "wrong: nothing"], [lines[2], lines[5], lines[8]]);
    }

    /// <summary>64 is added to the version where the text is shared. Memory that a file has in common with a process leaves no trace when it changes: such a file is not shared again.</summary>
    [Fact]
    public void AFileThatChangesIsNotServedAsItWas()
    {
        using var person = new Person();

        string output = person.Run("userkernel", "--tmpfs", "/tmp:exec", "--rootfs", place.Root, "/bin/shared", "change", "/tmp/copy").Ok();

        Assert.Equal("as it is: 7 71 71\nwritten: 8 8 8\nmapped: 8 8 8\nchanged in memory: 9 9 9", output);
    }

    /// <summary>Each of them is a trap less.</summary>
    [Fact]
    public void TheCLibraryIsShared()
    {
        using var person = new Person();

        string output = person.Run("userkernel", "--rootfs", Roots.Workloads, "/bin/sh", "-c", "/bin/true; /bin/true; exec python3 -c \"$0\"", CountJumps).Ok();

        Assert.InRange(int.Parse(output.Split(' ')[^1], CultureInfo.InvariantCulture), 400, 1000);
    }

    /// <summary>A library that is loaded again finds the trampolines of its first time in their place: then its own text is mapped.</summary>
    [Fact]
    public void WhereTheTrampolinesPlaceIsTakenTheFileItselfIsMapped()
    {
        const string Source = """__asm__(".globl mine\n .type mine, @function\n .skip 64, 0x90\nmine: mov $39, %eax\n syscall\n ret");""";
        const string Load = """
            import _ctypes, ctypes, os
            def load():
                library = ctypes.CDLL('/tmp/libmine.so')
                first = ctypes.cast(library.mine, ctypes.POINTER(ctypes.c_ubyte))[0]
                print(hex(first), library.mine() == os.getpid(), end=' ')
                _ctypes.dlclose(library._handle)
            load()
            load()
            """;
        using var person = new Person();
        string folder = person.Make("library");
        File.WriteAllText(folder + "/mine.c", Source);
        Command.Run("gcc", "-shared", "-fPIC", "-o", folder + "/libmine.so", folder + "/mine.c").Ok();
        Settle(folder + "/libmine.so");

        string output = person.Run("userkernel", "--volume", folder + "/libmine.so:/tmp/libmine.so:ro", "--rootfs", Roots.Workloads, "/bin/sh", "-c", "python3 -c \"$0\"; python3 -c \"$0\"", Load).Ok();

        Assert.Equal("0xb8 True 0xe9 True 0xe9 True 0xb8 True", output.Trim());
    }

    /// <summary>A program that is executed, ends and is waited for makes 36 traps without it.</summary>
    [Fact]
    public void AProcessMakesFewTraps()
    {
        using var person = new Person();

        Assert.InRange((Traps(person, 23) - Traps(person, 3)) / 20.0, 4, 16);
    }

    /// <summary>SIGSYS on the host, of all cells of a kernel by hand whose guest executes /bin/true so often.</summary>
    private static int Traps(Person person, int times)
    {
        string signals = person.At("signals");
        Command.Run("strace", "-f", "-e", "trace=none", "-e", "signal=SIGSYS", "-o", signals, "setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups",
            s_kernel, "--root", Roots.Workloads, "--", "/bin/bash", "-c", $"for i in $(seq {times}); do /bin/true; done").Ok();
        return File.ReadLines(signals).Count(line => line.Contains("--- SIGSYS ", StringComparison.Ordinal));
    }

    /// <summary>Another user's process, that has changed its own C library in memory, changes nobody's.</summary>
    [Fact]
    public void WhatOneUserChangesInMemoryNobodyElseSees()
    {
        const string Change = """
            import ctypes, os
            os.setuid(1000)
            place = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p).value
            page = place & -4096
            assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(page), 8192, 7) == 0
            ctypes.memmove(place, b'\xb8\x01\x00\x00\x00\xc3', 6)
            assert ctypes.CDLL(None).getpid() == 1
            """;
        using var person = new Person();

        string output = person.Run("userkernel", "--as-root", "--cap-add", "SETUID", "--rootfs", Roots.Workloads, "/bin/sh", "-c",
            "/bin/true; /bin/true; for i in 1 2 3; do python3 -c \"$0\" || echo failed; done; python3 -c 'import os; print(os.getpid() == 1)'", Change).Ok();

        Assert.Equal("False", output);
    }

    /// <summary>Files that have just been written are not shared: they could change once more within the same tick. Until the time of the last change is that old.</summary>
    private static void Settle(string file)
    {
        const long Settled = 3_000, Tick = 100; // milliseconds
        while (Changed() + Settled + Tick > DateTimeOffset.UtcNow.ToUnixTimeMilliseconds())
            Thread.Sleep((int)Tick);

        long Changed() => (long)(double.Parse(Command.Run("stat", "-c", "%.3Z", file).Ok(), CultureInfo.InvariantCulture) * 1000);
    }

    private static readonly string s_kernel = Path.Combine(Repository.Root, "out/bulkhead-kernel");

    /// <summary>A root with the program, which is as old as it must be.</summary>
    public sealed class Place : IDisposable
    {
        private readonly TempFolder _folder = new("shared");

        public Place()
        {
            Root = _folder.Make("root");
            foreach (string folder in (string[])["bin", "tmp", "proc", "dev", "sys", "etc", "run"])
                Directory.CreateDirectory(Path.Combine(Root, folder));
            Command.Run("chmod", "755", Root).Ok();
            Command.Run("gcc", "-O1", "-fexceptions", "-static", "-pthread", "-w", "-o", Root + "/bin/shared", Path.Combine(Repository.Root, "tests/UserKernel/shared.c")).Ok();
            Settle(Root + "/bin/shared");
        }

        public string Root { get; }

        public void Dispose() => _folder.Dispose();
    }

    /// <summary>Three lines for each of three processes one after another.</summary>
    private static string[] Chain(string root, string rewriting)
    {
        string output = Command.Run("setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", s_kernel, "--root", root, "--rewriting", rewriting, "--", "/bin/shared", "chain", "3").Ok();
        string[] lines = output.Split('\n').ToArray();
        Assert.Equal(9, lines.Length);
        return lines;
    }
}
