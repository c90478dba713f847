using System;
using System.CommandLine;
using System.Text;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Cli.Commands;

/// <summary>login and logout.</summary>
internal static class LoginCommands
{
    private const int MaxPassword = 1 << 16;

    public static Command Login()
    {
        var user = new Option<string>("--username", "-u") { Description = "name at the registry", HelpName = "NAME" };
        var password = new Option<string>("--password", "-p") { Description = "password; others see it in the list of processes: --password-stdin is better", HelpName = "PASSWORD" };
        var fromInput = new Option<bool>("--password-stdin") { Description = "take the password from standard input" };
        Argument<string?> registry = RegistryArgument();
        var command = new Command("login", "Check a name and password at a registry, and keep them for pull and push") { user, password, fromInput, registry };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(fromInput) && parsed.GetValue(password) is not null)
                throw new StepException("login: --password and --password-stdin exclude each other");
            if (parsed.GetValue(password) is not null)
                Program.Say("--password shows the password to every process of the machine: --password-stdin does not");
            string name = parsed.GetValue(user) ?? Ask("Username: ", hidden: false);
            string secret = parsed.GetValue(password) ?? (parsed.GetValue(fromInput) ? Input() : Ask("Password: ", hidden: true));
            string file = RegistryClient.Login(parsed.GetValue(registry) ?? ImageReference.DefaultRegistry, name, secret, Machine.RegistryOptions);
            Output.Line($"Login Succeeded (kept in {file})");
            return 0;
        });
        return command;
    }

    public static Command Logout()
    {
        Argument<string?> registry = RegistryArgument();
        var command = new Command("logout", "Forget the name and password for a registry") { registry };
        command.SetAction(parsed =>
        {
            string host = parsed.GetValue(registry) ?? ImageReference.DefaultRegistry;
            Output.Line(RegistryClient.Logout(host, Machine.RegistryOptions) ? "Removed login credentials for " + host : "Not logged in to " + host);
            return 0;
        });
        return command;
    }

    private static Argument<string?> RegistryArgument() => new("REGISTRY") { Arity = ArgumentArity.ZeroOrOne, Description = "HOST[:PORT] (default: " + ImageReference.DefaultRegistry + ")" };

    private static string Input()
    {
        byte[] buffer = new byte[MaxPassword];
        int length = 0;
        while (length < buffer.Length && Sys.Read(Fd.Borrow(0), buffer.AsSpan(length)).OrThrow("read the password") is > 0 and var count)
            length += count;
        string text = Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\n', '\r');
        return text.Length > 0 ? text : throw new StepException("login: standard input has no password");
    }

    private static string Ask(string question, bool hidden)
    {
        if (!Sys.IsTerminal(Fd.Borrow(0)))
            throw new StepException("login: there is no terminal to ask on: give --username and --password-stdin");
        Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes(question));
        termios before = Sys.GetTerminal(Fd.Borrow(0)).OrThrow("look at the terminal");
        termios quiet = before;
        quiet.c_lflag &= ~Termbits.ECHO;
        if (hidden)
            Sys.SetTerminal(Fd.Borrow(0), quiet);
        try
        {
            byte[] line = new byte[4096];
            int count = Sys.Read(Fd.Borrow(0), line).OrThrow("read from the terminal");
            return Encoding.UTF8.GetString(line, 0, count).TrimEnd('\n', '\r') is { Length: > 0 } text ? text : throw new StepException("login: nothing was typed");
        }
        finally
        {
            if (hidden)
            {
                Sys.SetTerminal(Fd.Borrow(0), before);
                Sys.WriteAll(Fd.Borrow(2), "\n"u8);
            }
        }
    }
}
