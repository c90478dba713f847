using System;
using System.IO;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Oci;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Bulkhead.Isolation;

/// <summary>Reads policy.toml. Everything that is not understood is an error: a policy with a slip of the pen must not protect less.</summary>
internal static class PolicyFile
{
    private const int MaxBytes = 1 << 20;
    private const uint OverflowId = 65534;
    private const uint OthersMayWrite = 0x12; // 0022

    /// <summary>The file's bytes; null when it does not exist and need not.</summary>
    public static byte[]? Read(string path, bool mustExist)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK);
        if (!mustExist && opened.Error is Errno.ENOENT)
            return null;
        using Fd fd = opened.OrThrow("read policy", path);
        stat status = Sys.Fstat(fd).OrThrow("read policy", path);
        if ((status.st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
            throw new StepException($"policy {path}: is not a regular file");

        // Who can change the policy is not bound by it.
        if (!IsRoots(status.st_uid) && (!mustExist || status.st_uid != Sys.GetEuid()))
            throw new StepException($"policy {path}: belongs to user {status.st_uid}; it must belong to root");
        if ((status.st_mode & OthersMayWrite) != 0)
            throw new StepException($"policy {path}: can be written by its group or by others; use chmod go-w");
        if (status.st_size > MaxBytes)
            throw new StepException($"policy {path}: larger than {MaxBytes >> 20} MiB");
        return ReadAll(fd, (int)status.st_size, path);
    }

    /// <summary>In a user namespace of a caller without root the host's root shows as the id that stands for all that have none there.</summary>
    private static bool IsRoots(uint uid) => uid == 0 || (uid == OverflowId && UserEntry.IsRootless && UserEntry.IsPrivileged);

    private static byte[] ReadAll(Fd fd, int size, string path)
    {
        byte[] bytes = new byte[size];
        int length = 0;
        while (length < size)
        {
            int read = Sys.Read(fd, bytes.AsSpan(length)).OrThrow("read policy", path);
            if (read == 0)
                break;
            length += read;
        }
        Array.Resize(ref bytes, length);
        return bytes;
    }

    public static Policy Parse(byte[] text, string path)
    {
        DocumentSyntax document = ParseToml(text, path);
        foreach (DiagnosticMessage message in document.Diagnostics)
            throw Broken(path, message.Span, "is not valid TOML: " + message.Message.Replace('\n', ' '));
        var policy = new Policy();
        foreach (KeyValueSyntax item in document.KeyValues)
            Set(policy, "", item, path);
        foreach (TableSyntaxBase table in document.Tables)
        {
            string name = Name(table.Name!);
            if (table is not TableSyntax || name is not ("capabilities" or "mounts"))
                throw Broken(path, table.Span, $"unknown table [{name}]; known are [capabilities] and [mounts]");
            foreach (KeyValueSyntax item in table.Items)
                Set(policy, name + ".", item, path);
        }
        if (policy.CapabilitiesExcess is not null && policy.CapabilitiesAllowed is null)
            throw new StepException($"{policy.CapabilitiesExcess.Origin}: capabilities.excess needs capabilities.allowed");
        return policy;
    }

    private static DocumentSyntax ParseToml(byte[] text, string path)
    {
        try
        {
            return SyntaxParser.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text), path, true);
        }
        // Besides its own TomlException the library lets ArgumentException out, as for "\uD800" in a string.
        catch (Exception e) when (e is ArgumentException or Tomlyn.TomlException or IOException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new StepException($"policy {path}: is not valid TOML: {e.Message.Replace('\n', ' ')}");
        }
    }

    private static void Set(Policy policy, string prefix, KeyValueSyntax item, string path)
    {
        string key = prefix + Name(item.Key!);
        string origin = $"{path}:{item.Span.Start.Line + 1}";
        switch (key)
        {
            case "privileged":
                policy.Privileged = Choice(key, item, origin, "allow", "refuse");
                break;
            case "root_user":
                policy.RootUser = Choice(key, item, origin, "allow", "refuse", "user-namespace");
                break;
            case "writable_root":
                policy.WritableRoot = Choice(key, item, origin, "allow", "refuse", "tighten");
                break;
            case "no_new_privileges":
                policy.NoNewPrivileges = Choice(key, item, origin, "allow", "refuse", "tighten");
                break;
            case "unconfined_seccomp":
                policy.UnconfinedSeccomp = Choice(key, item, origin, "allow", "refuse");
                break;
            case "engine_sockets":
                policy.EngineSockets = Choice(key, item, origin, "allow", "refuse");
                break;
            case "min_isolation":
                policy.MinIsolation = new Rule(key, origin) { Tier = Tier(key, item, origin) };
                break;
            case "refuse_host_namespaces":
                policy.HostNamespaces = List(key, item, origin, IsNamespace, "a type of namespace, as \"network\"");
                break;
            case "capabilities.allowed":
                policy.CapabilitiesAllowed = List(key, item, origin, IsCapability, "a capability, as \"CAP_CHOWN\"");
                break;
            case "capabilities.excess":
                policy.CapabilitiesExcess = Choice(key, item, origin, "tighten", "refuse");
                break;
            case "mounts.allow":
                policy.MountsAllowed = List(key, item, origin, IsCleanPath, "a clean absolute path");
                break;
            case "mounts.refuse":
                policy.MountsRefused = List(key, item, origin, IsCleanPath, "a clean absolute path");
                break;
            default:
                throw new StepException($"{origin}: unknown key {key}; docs/policy.md lists the keys");
        }
    }

    private static string Name(KeySyntax key)
    {
        string name = Word(key.Key!);
        foreach (DottedKeyItemSyntax part in key.DotKeys)
            name += "." + Word(part.Key!);
        return name;
    }

    private static string Word(BareKeyOrStringValueSyntax key) => key switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax text => text.Value ?? "",
        _ => key.ToString() ?? "",
    };

    private static Rule Choice(string key, KeyValueSyntax item, string origin, params string[] choices)
    {
        string value = Text(item.Value, key, origin, string.Join(", ", choices));
        if (Array.IndexOf(choices, value) < 0)
            throw new StepException($"{origin}: {key} is \"{value}\"; it can be {string.Join(", ", choices)}");
        RuleAction action = value switch
        {
            "refuse" => RuleAction.Refuse,
            "tighten" => RuleAction.Tighten,
            "user-namespace" => RuleAction.UserNamespace,
            _ => RuleAction.Allow,
        };
        return new Rule(key, origin) { Action = action };
    }

    private static IsolationTier Tier(string key, KeyValueSyntax item, string origin)
    {
        const string Choices = "hardened, userkernel, microvm";
        string value = Text(item.Value, key, origin, Choices);
        return value switch
        {
            "hardened" => IsolationTier.Hardened,
            "userkernel" => IsolationTier.UserKernel,
            "microvm" => IsolationTier.MicroVm,
            _ => throw new StepException($"{origin}: {key} is \"{value}\"; it can be {Choices}"),
        };
    }

    private static Rule List(string key, KeyValueSyntax item, string origin, Func<string, bool> isGood, string what)
    {
        if (item.Value is not ArraySyntax array)
            throw new StepException($"{origin}: {key} must be a list of strings");
        var values = new string[array.Items.ChildrenCount];
        int count = 0;
        foreach (ArrayItemSyntax element in array.Items)
        {
            string value = Text(element.Value, key, origin, "a list of strings");
            if (!isGood(value))
                throw new StepException($"{origin}: {key} holds \"{value}\", which is not {what}");
            values[count++] = value;
        }
        return new Rule(key, origin) { Action = RuleAction.Refuse, Values = values };
    }

    private static string Text(ValueSyntax? value, string key, string origin, string choices) =>
        value is StringValueSyntax { Value: string text } ? text : throw new StepException($"{origin}: {key} must be {choices}");

    private static bool IsNamespace(string value) => Names.Namespace(value) != NamespaceKinds.None;

    private static bool IsCapability(string value) => Capabilities.TryParse(value, out _);

    private static bool IsCleanPath(string value) => value.StartsWith('/') && HostPath.Clean(value) == value;

    private static StepException Broken(string path, SourceSpan span, string why) => new($"{path}:{span.Start.Line + 1}: {why}");
}
