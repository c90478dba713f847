using System;
using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Format;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Trust;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>trust add, list, remove, require; sign.</summary>
internal static class TrustCommands
{
    private const int MaxKey = 1 << 16;

    private static readonly string[] Keys = ["Scope", "Rule", "Keys"];

    public static Command Make() => new("trust", "Whose signatures images need: by the beginnings of their names") { Add(), List(), Remove(), Require() };

    public static Command Sign()
    {
        var key = new Option<string>("--key") { Description = "private key, PEM without a password: ECDSA P-256 or Ed25519", HelpName = "FILE", Required = true };
        var name = new Argument<string>("IMAGE") { Description = "[REGISTRY/]NAME[:TAG][@DIGEST], as it is at its registry" };
        var command = new Command("sign", "Sign an image, as cosign does, beside it at its registry") { key, name };
        command.SetAction(parsed =>
        {
            ImageReference image = ImageReference.Parse(parsed.GetValue(name)!);
            string file = parsed.GetValue(key)!;
            var signing = PrivateKey.FromPem(CallerFile.Read("--key", file, MaxKey), file);
            using RegistryClient client = Machine.Registry();
            Output.Line(new ImageSigner(client).Sign(image, signing).Text);
            return 0;
        });
        return command;
    }

    private static Command Add()
    {
        var prefix = Prefix();
        var file = new Argument<string>("KEY") { Description = "public key, PEM: ECDSA P-256 or Ed25519" };
        var command = new Command("add", "Images below a name need a signature of this key, or of another that was added for it") { prefix, file };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(file)!;
            PublicKey key = Machine.TrustFiles.Add(parsed.GetValue(prefix)!, CallerFile.Read("KEY", path, MaxKey), path);
            Output.Line($"{key.Fingerprint} ({key.Algorithm})");
            return 0;
        });
        return command;
    }

    private static Command List()
    {
        var format = new Option<string>("--format") { Description = "table, json (an object a line), a template or table with one", HelpName = "FORMAT" };
        var command = new Command("list", "Show which images need whose signatures") { format };
        command.Aliases.Add("ls");
        command.SetAction(parsed =>
        {
            TrustPolicy policy = Machine.TrustFiles.Load();
            var rows = new List<string[]>();
            foreach ((string scope, TrustRule[] rules) in policy.Scopes)
                Row(rows, scope.Length > 0 ? scope : "(every registry)", rules);
            rows.Sort((a, b) => string.CompareOrdinal(a[0], b[0]));
            Row(rows, "(all others)", policy.Default);
            RowFormat shown = RowFormat.Parse(parsed.GetValue(format));
            if (shown.IsTable)
                TextTable.Write([["IMAGES", "RULE", "KEYS"], .. rows]);
            else
                shown.Write(Keys, rows);
            return 0;
        });
        return command;
    }

    private static Command Remove()
    {
        var prefix = Prefix();
        var command = new Command("remove", "No rule of its own for images below a name") { prefix };
        command.Aliases.Add("rm");
        command.SetAction(parsed =>
        {
            Machine.TrustFiles.Remove(parsed.GetValue(prefix)!);
            return 0;
        });
        return command;
    }

    private static Command Require()
    {
        var off = new Option<bool>("--off") { Description = "what no rule names runs unsigned again" };
        var command = new Command("require", "Refuse every image that no rule names") { off };
        command.SetAction(parsed =>
        {
            bool accept = parsed.GetValue(off);
            Machine.TrustFiles.Require(!accept);
            if (accept)
                Program.Loosening("trust require --off: images that no rule names run unsigned");
            return 0;
        });
        return command;
    }

    private static Argument<string> Prefix() => new("NAME") { Description = "a registry, a part of it, a repository or an image: REGISTRY[/NAME[:TAG]], or *.DOMAIN" };

    private static void Row(List<string[]> rows, string scope, TrustRule[] rules)
    {
        foreach (TrustRule rule in rules)
        {
            string word = rule.Kind switch { TrustKind.Reject => "refused", TrustKind.AcceptAnything => "run unsigned", _ => "signed" };
            rows.Add([Printable.Line(scope), word, Printable.Line(string.Join(", ", Array.ConvertAll(rule.KeyPaths, Fingerprint)))]);
        }
    }

    private static string Fingerprint(string path)
    {
        try
        {
            return PublicKey.FromPem(TrustFiles.ReadFile(path), path).Fingerprint;
        }
        catch (StepException)
        {
            return path + " (cannot be read)";
        }
    }
}
