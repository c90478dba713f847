using System;
using System.IO;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>
/// A library of the image is never loaded by a process of the host (E35, CVE-2025-23266): not by the runtime, and not by its hooks, whatever the
/// container's environment, its working directory and the caller's environment say.
/// </summary>
[Trait("Probe", "E35.preload")]
public sealed class PreloadTests
{
    private static readonly string[] OfTheHost = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"];

    [Theory]
    [MemberData(nameof(Ways.Every), MemberType = typeof(Ways))]
    public void No_process_of_the_host_loads_it(Entry entry, Tier tier)
    {
        (string library, string mark) = Make($"preload-{entry}-{tier}");
        string ran = mark + ".ran", variable = Variable(library);
        JsonObject config = Profile(library);
        config["hooks"] = new JsonObject();
        foreach (string kind in OfTheHost)
            config["hooks"]![kind] = Hook($"echo {kind} $PWD $LD_PRELOAD >>{ran}");

        using (var container = new Container(config) { Tier = tier, Wrapper = ["/usr/bin/env", variable] })
        {
            container.Begin();
            if (entry == Entry.Exec)
                container.ExecWith(["--env", variable, "--cwd", "/"], "/bin/sh", "-c", "true").MustSucceed();
        }

        Assert.False(File.Exists(mark), "loaded by " + (File.Exists(mark) ? File.ReadAllText(mark) : ""));
        // They ran, in no directory of the image and without the variable.
        Assert.Equal(["prestart /", "createRuntime /", "createContainer /", "poststart /", "poststop /"], Trimmed(ran));
    }

    /// <summary>The control: the same library is loaded by a hook that has the variable, or that stands in the image's root, and by a dynamic program of the caller's.</summary>
    [Theory]
    [InlineData("environment", "true")]
    [InlineData("directory", "cd \"${LD_PRELOAD%/*}\" && LD_PRELOAD=./preload.so /bin/true")]
    public void A_hook_that_is_given_the_variable_loads_it(string name, string script)
    {
        (string library, string mark) = Make("preload-" + name);
        JsonObject config = Profile(library);
        JsonArray hooks = Hook(script);
        hooks[0]!["env"] = Config.Strings(Variable(library));
        config["hooks"] = new JsonObject { ["createRuntime"] = hooks };

        using var container = new Container(config);
        container.Begin();

        Assert.Contains("/bin/", File.ReadAllText(mark), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dynamic_program_in_the_runtimes_place_loads_it()
    {
        (string library, string mark) = Make("preload-dynamic");

        Host.Run("/usr/bin/env", Variable(library), "/bin/true").MustSucceed();

        Assert.Contains("/bin/true", File.ReadAllText(mark), StringComparison.Ordinal);
    }

    /// <summary>A root file system with the library, and the file in which it says that it was loaded.</summary>
    internal static (string Library, string Mark) Make(string name)
    {
        string root = Rootfs.Make(name), library = Path.Combine(root, "preload.so"), mark = Path.Combine(Host.Work, name + ".mark");
        string source = Path.Combine(AppContext.BaseDirectory, "image/preload.c");
        Host.Run("gcc", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", $"-DMARK=\"{mark}\"", "-o", library, source).MustSucceed();
        File.WriteAllText(Path.Combine(root, "etc/ld.so.preload"), "/preload.so\n");
        return (library, mark);
    }

    /// <summary>By its path on the host, where a process with the variable would find it.</summary>
    internal static string Variable(string library) => "LD_PRELOAD=" + library;

    private static JsonObject Profile(string library)
    {
        JsonObject config = Config.Profile("/probe", "--wait");
        config["root"]!["path"] = Path.GetDirectoryName(library);
        config["process"]!["env"]!.AsArray().Add(Variable(library));
        config["process"]!["env"]!.AsArray().Add("LD_LIBRARY_PATH=.");
        return config;
    }

    private static JsonArray Hook(string script) =>
        new(new JsonObject { ["path"] = "/bin/sh", ["args"] = Config.Strings("sh", "-c", script) });

    private static string[] Trimmed(string file) => Array.ConvertAll(File.ReadAllLines(file), l => l.TrimEnd());
}
