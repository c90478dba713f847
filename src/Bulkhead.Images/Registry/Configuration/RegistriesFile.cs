using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Bulkhead.Images.References;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Bulkhead.Images.Registry.Configuration;

/// <summary>Reads registries.toml. Everything that is not understood is an error: a slip of the pen must not switch a check off.</summary>
internal static class RegistriesFile
{
    private const int MaxBytes = 1 << 20;
    private const int MaxMirrors = 16;
    private const uint OthersMayWrite = 0x12; // 0022

    private static readonly (string Word, TlsMode Mode)[] Modes = [("verify", TlsMode.Verify), ("unverified", TlsMode.Unverified), ("off", TlsMode.Off)];

    public static byte[]? Read(string path)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK);
        if (opened.Error is Errno.ENOENT)
            return null;
        using Fd fd = opened.OrThrow("open", path);
        stat status = Sys.Fstat(fd).OrThrow("stat", path);
        if ((status.st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
            throw new StepException($"{path}: is not a regular file");
        // Who can change it decides whom we trust.
        if ((status.st_mode & OthersMayWrite) != 0)
            throw new StepException($"{path}: can be written by its group or by others; use chmod go-w");
        return Sys.ReadFile(fd, MaxBytes).OrThrow("read", path);
    }

    public static RegistrySettings Parse(byte[] text, string path)
    {
        DocumentSyntax document = ParseToml(text, path);
        foreach (DiagnosticMessage message in document.Diagnostics)
            throw Bad(path, message.Span, "is not valid TOML: " + Printable.Name(message.Message));
        foreach (KeyValueSyntax item in document.KeyValues)
            throw Bad(path, item.Span, $"unknown key {Printable.Name(string.Join('.', Words(item.Key!)))}; known are tables [registry.\"HOST\"]");
        var hosts = new Dictionary<string, HostSettings>(StringComparer.Ordinal);
        foreach (TableSyntaxBase table in document.Tables)
        {
            string[] name = Words(table.Name!);
            if (table is not TableSyntax || name.Length != 2 || name[0] != "registry")
                throw Bad(path, table.Span, $"unknown table [{Printable.Name(string.Join('.', name))}]; known are tables [registry.\"HOST\"], the host in quotes");
            if (!ReferenceGrammar.IsHost(name[1]))
                throw Bad(path, table.Span, $"'{Printable.Name(name[1])}' is no HOST[:PORT]");
            var settings = new HostSettings();
            foreach (KeyValueSyntax item in table.Items)
                settings = With(settings, item, path);
            hosts.Add(name[1], settings);
        }
        return new RegistrySettings(hosts);
    }

    private static HostSettings With(HostSettings settings, KeyValueSyntax item, string path)
    {
        string key = string.Join('.', Words(item.Key!));
        return key switch
        {
            "tls" => settings with { Tls = Mode(item, path) },
            "mirrors" => settings with { Mirrors = Mirrors(item, path) },
            "blocked" => settings with { Blocked = item.Value is BooleanValueSyntax flag ? flag.Value : throw Bad(path, item.Span, "blocked must be true or false") },
            _ => throw Bad(path, item.Span, $"unknown key {Printable.Name(key)}; known are tls, mirrors, blocked"),
        };
    }

    private static TlsMode Mode(KeyValueSyntax item, string path)
    {
        int found = item.Value is StringValueSyntax text ? Array.FindIndex(Modes, mode => mode.Word == text.Value) : -1;
        return found >= 0 ? Modes[found].Mode : throw Bad(path, item.Span, "tls must be \"verify\", \"unverified\" or \"off\"");
    }

    private static string[] Mirrors(KeyValueSyntax item, string path)
    {
        if (item.Value is not ArraySyntax array || array.Items.ChildrenCount > MaxMirrors)
            throw Bad(path, item.Span, $"mirrors must be a list of at most {MaxMirrors} strings");
        var mirrors = new List<string>();
        foreach (ArrayItemSyntax element in array.Items)
        {
            string mirror = element.Value is StringValueSyntax { Value: string text } ? text : throw Bad(path, item.Span, "mirrors must be a list of strings");
            int slash = mirror.IndexOf('/');
            if (!ReferenceGrammar.IsHost(slash < 0 ? mirror : mirror[..slash]) || (slash >= 0 && !ReferenceGrammar.IsRepository(mirror[(slash + 1)..])))
                throw Bad(path, item.Span, $"mirrors holds '{Printable.Name(mirror)}', which is not HOST[:PORT][/PREFIX]; a table of its own says how to speak to it");
            mirrors.Add(mirror);
        }
        return mirrors.ToArray();
    }

    private static DocumentSyntax ParseToml(byte[] text, string path)
    {
        try
        {
            return SyntaxParser.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text), path, true);
        }
        // Besides its own exception the library lets others out, as for "\uD800" in a string.
        catch (Exception error) when (error is ArgumentException or Tomlyn.TomlException or IOException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new StepException($"{path}: is not valid TOML: {Printable.Name(error.Message)}");
        }
    }

    private static string[] Words(KeySyntax key)
    {
        var words = new List<string> { Word(key.Key!) };
        foreach (DottedKeyItemSyntax part in key.DotKeys)
            words.Add(Word(part.Key!));
        return words.ToArray();
    }

    private static string Word(BareKeyOrStringValueSyntax key) => key switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax text => text.Value ?? "",
        _ => key.ToString() ?? "",
    };

    private static StepException Bad(string path, SourceSpan span, string why) => new($"{path}:{span.Start.Line + 1}: {why}");
}
