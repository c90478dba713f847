using System.Text.Json.Nodes;

namespace Bulkhead.Chaos.Places;

/// <summary>Hooks that shout, close what they have, hang, fork away.</summary>
/// <param name="trial">The place.</param>
public sealed class HookTests(Trial trial) : IClassFixture<Trial>
{
    /// <param name="script">The hook.</param>
    /// <param name="timeout">Seconds; 0: none.</param>
    /// <param name="words">What is said; "": the container runs.</param>
    [Theory]
    [InlineData("head -c 65536 /dev/zero | tr '\\0' x >&2", 0, "")]
    [InlineData("head -c 65536 /dev/zero | tr '\\0' x >&2; exit 3", 0, "ended with status 3: xxx")]
    [InlineData("head -c 65536 /dev/zero; exit 3", 0, "ended with status 3")]
    [InlineData("printf '\\033[31ma\\nb\\n\\377' >&2; exit 1", 0, "ended with status 1: \\x1b[31ma b")]
    [InlineData("exec 0<&- 1>&- 2>&-", 0, "")]
    [InlineData("exec 0<&- 1>&- 2>&-; exit 2", 0, "ended with status 2")]
    [InlineData("kill -9 $$", 0, "ended with status 137")]
    [InlineData("sleep 1000 & sleep 1000", 1, "did not end within 1 s and was killed")]
    [InlineData("trap '' TERM INT HUP; while :; do :; done", 1, "did not end within 1 s and was killed")]
    [InlineData("(setsid sleep 0.3 &) &", 0, "")]
    [InlineData("setsid sh -c 'exec 0<&- 1>&- 2>&-; sleep 0.3' &", 0, "")]
    [InlineData("cat >/dev/null; cat >/dev/null", 0, "")]
    [InlineData("[ $(ls /proc/self/fd | wc -l) = 4 ]", 0, "")]
    public void Hook(string script, int timeout, string words)
    {
        var hook = new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", script), ["env"] = new JsonArray("PATH=/bin:/usr/bin") };
        if (timeout > 0)
            hook["timeout"] = timeout;
        trial.Configure(config => config["hooks"] = new JsonObject { ["createRuntime"] = new JsonArray(hook) });

        Trial.Says(trial.Run(""), words.Length == 0 ? 0 : 1, words.Length == 0 ? "" : "$.hooks.createRuntime[0]: /bin/sh " + words);
        trial.LeftNothing();
    }
}
