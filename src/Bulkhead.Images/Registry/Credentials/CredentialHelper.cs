using System;
using System.Collections;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Images.Registry.Credentials;

/// <summary>Programs that keep credentials: docker-credential-NAME of $PATH, spoken to as Docker does (docker/docker-credential-helpers, README).</summary>
internal static class CredentialHelper
{
    private const int MaxOutput = 1 << 16;

    /// <summary>Seconds: it may ask a person for a key's password.</summary>
    private const int Patience = 60;

    /// <summary>What a helper says, with status 1, of a server that it does not know.</summary>
    private const string Unknown = "credentials not found";

    /// <summary>Null: it has none for this server.</summary>
    public static Credential? Get(string helper, string server)
    {
        (int status, byte[] output) = Run(helper, "get", Encoding.UTF8.GetBytes(server));
        string program = Program(helper);
        if (status != 0)
        {
            string said = Encoding.UTF8.GetString(output).Trim();
            return said.StartsWith(Unknown, StringComparison.Ordinal) ? null : throw Failed(program, "get", status, said);
        }
        try
        {
            JsonNode? answer = JsonNode.Parse(output, null, new JsonDocumentOptions { AllowDuplicateProperties = false });
            string user = (string?)answer?["Username"] ?? "", secret = (string?)answer?["Secret"] ?? "";
            return new Credential(user, secret, program) { IsToken = user == Credential.TokenUser };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new StepException($"{program} get: its answer is not the JSON that was expected");
        }
    }

    public static void Store(string helper, string server, Credential credential)
    {
        var document = new JsonObject { ["ServerURL"] = server, ["Username"] = credential.IsToken ? Credential.TokenUser : credential.User, ["Secret"] = credential.Secret };
        Command(helper, "store", Encoding.UTF8.GetBytes(document.ToJsonString()));
    }

    public static void Erase(string helper, string server) => Command(helper, "erase", Encoding.UTF8.GetBytes(server));

    private static void Command(string helper, string verb, byte[] input)
    {
        (int status, byte[] output) = Run(helper, verb, input);
        if (status != 0)
            throw Failed(Program(helper), verb, status, Encoding.UTF8.GetString(output).Trim());
    }

    private static StepException Failed(string program, string verb, int status, string said) =>
        new($"{program} {verb} ended with status {status}" + (said.Length == 0 ? "" : ": " + Printable.Name(said)));

    private static string Program(string helper)
    {
        // A word of a file that becomes a program's name: no path.
        foreach (char one in helper)
        {
            if (!char.IsAsciiLetterOrDigit(one) && one is not ('-' or '_' or '.'))
                throw new StepException($"'{Printable.Name(helper)}' is no name of a credential helper");
        }
        return "docker-credential-" + helper;
    }

    private static (int Status, byte[] Output) Run(string helper, string verb, byte[] input)
    {
        string program = Program(helper);
        using Fd stdin = HookRunner.InputFile(input);
        using Fd stdout = Sys.MemfdCreate("bulkhead-helper-output", 0, executable: false).OrThrow("make a memory file");
        using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = Compile(program, verb, stdin, stdout), Inherit = new[] { stdin, stdout } });
        try
        {
            process.AwaitExec();
        }
        catch
        {
            Sys.WaitExit(process.Pidfd);
            throw;
        }
        bool ended = HookRunner.WaitFor(process.Pidfd, Patience);
        if (!ended)
            Sys.PidfdSendSignal(process.Pidfd, Signal.SIGKILL);
        int status = Sys.WaitExit(process.Pidfd).OrThrow("wait for", program).Status;
        if (!ended)
            throw new StepException($"{program} {verb} did not end within {Patience} s and was killed");
        Sys.SeekStart(stdout);
        return (status, Sys.ReadFile(stdout, MaxOutput).OrThrow("read the output of", program));
    }

    /// <summary>In our session and with our stderr and environment: a helper may ask on the terminal, or speak to a key's agent.</summary>
    private static SpawnProgram Compile(string name, string verb, Fd stdin, Fd stdout)
    {
        SpawnProgram program = SpawnProgram.ForStub();
        program.Step("prepare", name);
        program.Call(SysNr.close_range, 3, uint.MaxValue, Memfd.CLOSE_RANGE_CLOEXEC);
        program.Call(SysNr.dup3, stdin, 0, 0);
        program.Call(SysNr.dup3, stdout, 1, 0);
        program.Call(SysNr.rt_sigaction, Signal.SIGPIPE, program.Reserve(32), 0, 8);
        program.Call(SysNr.rt_sigprocmask, Signal.SIG_SETMASK, program.Struct(0UL), 0, 8);
        program.Step("execute", name);
        ulong argv = program.TextArray([name, verb]), environment = program.TextArray(Environ());
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            // A relative folder would be whatever directory the caller stands in.
            if (!folder.StartsWith('/'))
                continue;
            program.Call(SysNr.execve, program.Text(folder + "/" + name), argv, environment);
            program.Accept(Errno.ENOENT, Errno.ENOTDIR);
        }
        program.Fail(Errno.ENOENT);
        return program;
    }

    private static string[] Environ()
    {
        var all = new List<string>();
        foreach (DictionaryEntry pair in Environment.GetEnvironmentVariables())
            all.Add(pair.Key + "=" + pair.Value);
        return all.ToArray();
    }
}
