using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.UserKernel;

namespace Bulkhead.KernelCli;

/// <summary>The kernel of one sandbox: started by a tier, inside the sandbox's namespaces. Everything it must know is in its arguments.</summary>
internal static class Program
{
    private const int InternalError = 125;

    private static int Main(string[] args)
    {
        try
        {
            return new Kernel(Parse(args)).Run();
        }
        catch (GuestStartException error)
        {
            return Say(error.Message, error.Status);
        }
        catch (Exception error) when (error is StepException or FormatException)
        {
            return Say(error.Message, InternalError);
        }
    }

    private static int Say(string text, int status)
    {
        Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes(text + "\n"));
        return status;
    }

    private static KernelOptions Parse(string[] args)
    {
        var env = new List<string>();
        var options = new KernelOptions { Args = [] };
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == "--")
                return args.Length > i + 1 ? options with { Args = args[(i + 1)..], Env = [.. env] } : throw new FormatException("bulkhead-kernel: no program after --");
            string value = i + 1 < args.Length ? args[i + 1] : throw new FormatException("bulkhead-kernel: no value after " + args[i]);
            options = args[i++] switch
            {
                "--root" => options with { Root = value },
                "--cwd" => options with { Cwd = value },
                "--uid" => options with { Uid = Number(value) },
                "--gid" => options with { Gid = Number(value) },
                "--groups" => options with { Groups = Array.ConvertAll(value.Split(',', StringSplitOptions.RemoveEmptyEntries), Number) },
                "--umask" => options with { Umask = Number(value) },
                "--hostname" => options with { Hostname = value },
                "--terminal" => options with { Terminal = value == "1" },
                "--capabilities" => options with { Capabilities = ulong.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture) },
                "--limit" => options with { Limits = [.. options.Limits, Limit(value)] },
                "--env" => Add(env, value, options),
                _ => throw new FormatException("bulkhead-kernel: unknown option " + args[i - 1]),
            };
        }
        throw new FormatException("bulkhead-kernel: it is started by bulkhead, not by hand: [--root DIR] [--env K=V] -- PROGRAM [ARG...]");
    }

    private static KernelOptions Add(List<string> env, string value, KernelOptions options)
    {
        env.Add(value);
        return options;
    }

    /// <summary>RESOURCE:SOFT:HARD.</summary>
    private static (int, ulong, ulong) Limit(string text)
    {
        ulong[] parts = Array.ConvertAll(text.Split(':'), part => ulong.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture));
        return parts.Length == 3 ? ((int)parts[0], parts[1], parts[2]) : throw new FormatException("bulkhead-kernel: --limit " + text);
    }

    private static uint Number(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
