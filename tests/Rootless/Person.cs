using System;
using System.Globalization;
using System.IO;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>The user in a session of its own: containers, state and home of one test, which are gone with it.</summary>
internal sealed class Person : IDisposable
{
    private readonly TempFolder _folder = new("rp");
    private readonly bool _helpers;

    /// <param name="helpers">False: newuidmap and newgidmap are hidden.</param>
    public Person(bool helpers = true)
    {
        _helpers = helpers;
        Run = _folder.Make("run");
        Home = _folder.Make("home");
        Command.Run("chown", Owner, Run, Home).Ok();
        Command.Run("chmod", "700", Run, Home).Ok();
        Command.Run("chmod", "755", _folder.FullPath).Ok();
    }

    public string Run { get; }

    public string Home { get; }

    private static string Owner => string.Create(CultureInfo.InvariantCulture, $"{PlainUser.Uid}:{PlainUser.Uid}");

    /// <summary>The words that make root this user, for a program with words of its own.</summary>
    public string[] As(params string[] words)
    {
        string uid = PlainUser.Uid.ToString(CultureInfo.InvariantCulture);
        string[] user =
        [
            "setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + Home,
            "XDG_RUNTIME_DIR=" + Run, .. words,
        ];
        return _helpers
            ? user
            : ["unshare", "--mount", "sh", "-c", "mount --bind /dev/null /usr/bin/newuidmap && mount --bind /dev/null /usr/bin/newgidmap && exec \"$@\"", "sh", .. user];
    }

    public Outcome Does(params string[] words) => Command.Run(As(words));

    public Outcome Type(params string[] words) => Does([PlainUser.Programs + "/bulkhead", .. words]);

    public Outcome Oci(params string[] words) => Does([PlainUser.Programs + "/bulkhead-oci", .. words]);

    /// <summary>A script in a container that is gone with it: its output.</summary>
    public string Script(string script, params string[] flags) => Try(script, flags).Ok();

    public Outcome Try(string script, params string[] flags) => Type(["run", "--rm", .. flags, "--rootfs", PlainUser.Root, "/bin/sh", "-c", script]);

    public string Sleep(string name, params string[] flags) => Type(["run", "-d", "--name", name, .. flags, "--rootfs", PlainUser.Root, "/bin/sleep", "1000"]).Ok();

    /// <summary>A folder of the user's.</summary>
    public string Folder(string name)
    {
        string path = _folder.Make(name);
        Command.Run("chown", Owner, path).Ok();
        return path;
    }

    public JsonElement Inspect(string name) => JsonDocument.Parse(Type("inspect", name).Ok()).RootElement[0];

    public void Dispose()
    {
        try
        {
            string[] ids = Type("ps", "-aq", "--no-trunc").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (ids.Length > 0)
                Type(["rm", "-f", .. ids]).Ok();
            AssertEmpty(Home + "/.local/share/bulkhead/containers");
            AssertEmpty(Home + "/.local/share/bulkhead/names");
            AssertEmpty(Run + "/bulkhead");
        }
        finally
        {
            _folder.Dispose();
        }
    }

    private static void AssertEmpty(string folder) =>
        Assert.True(!Directory.Exists(folder) || Directory.GetFileSystemEntries(folder).Length == 0, folder + " is not empty");
}
