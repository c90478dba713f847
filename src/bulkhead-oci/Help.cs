using System.Text;

namespace Bulkhead.OciCli;

/// <summary>Help texts, made from the same tables that the parser uses.</summary>
internal static class Help
{
    public static int PrintVersion()
    {
        Invocation.Print($"bulkhead-oci version {Program.Version}\nspec: {Oci.StateWriter.OciVersion}\n");
        return 0;
    }

    public static int PrintGlobal(Option[] options, string[] words)
    {
        if (words.Length > 1 && VerbTable.Find(words[1]) is { } asked)
            return PrintVerb(asked);
        var text = new StringBuilder();
        text.Append("bulkhead-oci runs containers from OCI bundles, in place of runc.\n\n");
        text.Append("usage: bulkhead-oci [global options] COMMAND [options] [arguments]\n\ncommands:\n");
        foreach (Verb verb in VerbTable.All)
            text.Append("  ").Append(verb.Name.PadRight(12)).Append(verb.Summary).Append('\n');
        text.Append("\nglobal options:\n");
        AppendOptions(text, options);
        text.Append("\nexamples:\n  bulkhead-oci spec\n  bulkhead-oci run web1\n  bulkhead-oci --root /tmp/state list --format json\n");
        Invocation.Print(text.ToString());
        return 0;
    }

    public static int PrintVerb(Verb verb)
    {
        var text = new StringBuilder();
        text.Append(verb.Summary).Append("\n\nusage: bulkhead-oci ").Append(verb.Name).Append(' ').Append(verb.Usage).Append('\n');
        if (verb.Options.Length > 0)
        {
            text.Append("\noptions:\n");
            AppendOptions(text, verb.Options);
        }
        if (verb.Examples.Length > 0)
            text.Append("\nexamples:\n");
        foreach (string example in verb.Examples)
            text.Append("  ").Append(example).Append('\n');
        Invocation.Print(text.ToString());
        return 0;
    }

    private static void AppendOptions(StringBuilder text, Option[] options)
    {
        const int Column = 30;
        foreach (Option option in options)
        {
            string name = "--" + option.Name + (option.Short.Length > 0 ? (option.Short.Length == 1 ? ", -" : ", --") + option.Short : "");
            if (option.Value.Length > 0)
                name += " " + option.Value;
            text.Append("  ").Append(name.PadRight(Column)).Append(' ').Append(option.Help).Append('\n');
        }
    }
}
