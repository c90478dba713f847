using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Linux.Tests.Cgroups;

/// <summary>A shell that joins a cgroup as containers do (a "0" from the process itself to each tasks file), then runs a script.</summary>
internal sealed class Guest : IDisposable
{
    private readonly Process _process;
    private readonly Cgroup _cgroup;

    public Guest(Cgroup cgroup, string script)
    {
        _cgroup = cgroup;
        var join = new StringBuilder();
        foreach ((string key, string path) in cgroup.Paths.Entries)
            join.Append("echo 0 > ").Append(path).Append(key.Length == 0 ? "/cgroup.procs" : "/tasks").Append(" || exit 97; ");
        var info = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add(join + script);
        _process = Process.Start(info)!;
    }

    public int Pid => _process.Id;

    /// <summary>Standard output and error, after the end; the exit status in <see cref="Status"/>.</summary>
    public string Finish()
    {
        string error = "";
        var reader = new System.Threading.Thread(() => error = _process.StandardError.ReadToEnd());
        reader.Start();
        string output = _process.StandardOutput.ReadToEnd();
        reader.Join();
        _process.WaitForExit();
        return output + error;
    }

    public int Status
    {
        get
        {
            _process.WaitForExit();
            return _process.ExitCode;
        }
    }

    /// <summary>Waits for a line of output: the guest is where the test wants it.</summary>
    public string Line() => _process.StandardOutput.ReadLine() ?? "";

    public void Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    public void Dispose()
    {
        // A frozen guest, after an assertion that failed, dies only by the cgroup's kill.
        if (!_process.HasExited)
            _ = _cgroup.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    public static string FileText(Cgroup cgroup, string controller, string file) => File.ReadAllText(PathOf(cgroup, controller) + "/" + file).Trim();

    public static string PathOf(Cgroup cgroup, string controller)
    {
        foreach ((string key, string path) in cgroup.Paths.Entries)
        {
            if (Array.IndexOf(key.Split(','), controller) >= 0)
                return path;
        }
        throw new InvalidOperationException("no hierarchy " + controller);
    }
}
