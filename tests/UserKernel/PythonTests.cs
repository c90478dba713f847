using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>
/// Modules of Python's own tests (libpython3.11-testsuite): what passes on the host's kernel passes on ours, but for the tests in python-differences.txt,
/// which must differ still.
/// </summary>
public sealed class PythonTests
{
    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(20);

    public static TheoryData<string> Quick => ["test_fcntl", "test_tempfile"];

    public static TheoryData<string> Modules => ["test_os", "test_subprocess", "test_threading", "test_signal", "test_mmap", "test_fcntl", "test_time", "test_pathlib", "test_tempfile", "test_io", "test_zipfile"];

    [Theory]
    [MemberData(nameof(Quick))]
    public void AShortModulePassesAsOnLinux(string module) => Compare(module);

    [Theory]
    [Trait("Speed", "Long")]
    [MemberData(nameof(Modules))]
    public void AModulePassesAsOnLinux(string module) => Compare(module);

    /// <summary>A wheel made and installed in an environment of its own.</summary>
    [Theory]
    [InlineData("hardened")]
    [InlineData("userkernel")]
    public void PipInstallsALocalWheel(string tier)
    {
        using var person = new Person();
        const string Script = """
            set -e; export HOME=/tmp; cd /tmp; mkdir -p src/small; echo 'def answer(): return 42' > src/small/__init__.py
            printf '[build-system]\nrequires = ["setuptools", "wheel"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "small"\nversion = "1.2"\n[project.scripts]\nsmall = "small:main"\n[tool.setuptools]\npackages = ["small"]\n' > src/pyproject.toml
            echo 'def main(): print("script", answer())' >> src/small/__init__.py
            python3 -m pip wheel -q --no-index --no-build-isolation --no-deps -w wheels ./src; ls wheels
            python3 -m venv env; env/bin/pip install -q --no-index wheels/small-1.2-py3-none-any.whl; env/bin/small; env/bin/python -c 'import small; print(small.__file__)'
            env/bin/pip uninstall -q -y small; env/bin/python -c 'import small' 2>&1 | tail -n 1
            """;
        Outcome run = person.Run(tier, "--tmpfs", "/tmp:exec", "--rootfs", Roots.Python, "/bin/sh", "-c", Script);
        Assert.Equal("small-1.2-py3-none-any.whl\nscript 42\n/tmp/env/lib/python3.11/site-packages/small/__init__.py\nModuleNotFoundError: No module named 'small'", run.Ok());
    }

    private static void Compare(string module)
    {
        Dictionary<string, string> native = Run("hardened", module), ours = Run("userkernel", module);
        HashSet<string> known = [.. File.ReadAllLines(Path.Combine(Repository.Root, "tests/UserKernel/python-differences.txt")).Where(line => line.StartsWith("test." + module + ".", StringComparison.Ordinal)).Select(line => line.Split(' ')[0])];
        Assert.Equal([], known.Except(native.Keys));
        string[] passed = [.. native.Where(pair => pair.Value.StartsWith("ok", StringComparison.Ordinal)).Select(pair => pair.Key)];
        Assert.True(passed.Length >= 8, $"only {passed.Length} tests of {module} pass on the host's kernel");
        bool Passes(string name) => ours.GetValueOrDefault(name, "").StartsWith("ok", StringComparison.Ordinal);
        string[] wrong = [.. passed.Where(name => !Passes(name) && !known.Contains(name)).Select(name => $"{name}: {ours.GetValueOrDefault(name, "did not run")}")];
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {passed.Length} differ:\n{string.Join('\n', wrong)}");
        Assert.Equal([], known.Where(Passes));
    }

    /// <summary>Name to how it ended. A test with parts that failed has the worst of its ends.</summary>
    private static Dictionary<string, string> Run(string tier, string module)
    {
        using var person = new Person();
        string share = person.Make("share");
        Command.Run("chown", "1000:1000", share).Ok();
        File.Copy(Path.Combine(Repository.Root, "tests/UserKernel/modules.py"), share + "/modules.py");
        Outcome run = person.RunLong(s_most, tier, "--pids-limit", "2000", "--tmpfs", "/tmp:exec", "-e", "HOME=/tmp", "-w", "/tmp", "-v", share + ":/share", "--rootfs", Roots.Python, "python3", "/share/modules.py", "/share/ends", module);
        string[] lines = File.Exists(share + "/ends") ? File.ReadAllLines(share + "/ends") : [];
        if (!lines.Contains("done " + module))
            throw new InvalidOperationException($"{module} came no further than {lines.LastOrDefault()}\n{run}");
        Dictionary<string, string> ends = [];
        foreach (string[] words in lines.Select(line => line.Split(' ', 3)).Where(words => words[0] != "done"))
        {
            if (words[0] != "ok" || !ends.ContainsKey(words[1]))
                ends[words[1]] = words[0] + (words.Length > 2 ? " " + words[2] : "");
        }
        return ends;
    }
}
