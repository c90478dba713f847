using System;
using Bulkhead.Linux;

namespace Bulkhead.Oci;

/// <summary>
/// Refuses configs that the specification, runc or the kernel would refuse, before the first resource is made. Each refusal is one line:
/// file, JSON path, what is wrong and what mends it. docs/compatibility.md lists every field and each difference from runc.
/// </summary>
public static partial class ConfigValidator
{
    private const int MaxHostname = 64; // __NEW_UTS_LEN

    /// <summary>Checks a whole config.json.</summary>
    /// <exception cref="StepException">The first thing that is wrong.</exception>
    public static void Validate(RuntimeConfig config, string file, ValidateOptions options = ValidateOptions.None)
    {
        var scope = new Scope(file, options, config.Linux);
        Version(config.OciVersion, scope);
        Root(config.Root, scope);
        Uts(config, scope);
        if (config.Linux is not null)
            Linux(config.Linux, scope);
        else if (scope.Is(ValidateOptions.Rootless))
            throw scope.Refuse("$.linux", "is missing; a caller that is not root needs a user namespace with mappings");
        Mounts(config, scope);
        if (config.Process is not null)
        {
            Process(config.Process, "$.process", scope);
            MappedUser(config, scope);
        }
        if (config.Hooks is not null)
            Hooks(config.Hooks, scope);
        Annotations(config, scope);
    }

    /// <summary>Checks a process document of its own: <c>exec --process</c>.</summary>
    public static void ValidateProcess(Process process, string file) => Process(process, "$", new Scope(file, ValidateOptions.None, null));

    /// <summary>Checks a resources document of its own: <c>update --resources</c>.</summary>
    public static void ValidateResources(LinuxResources resources, string file, ValidateOptions options = ValidateOptions.None) =>
        Resources(resources, "$", new Scope(file, options, null));

    private static void Version(string version, Scope scope)
    {
        if (version.Length == 0)
            throw scope.Refuse("$.ociVersion", "is missing; give the version of the specification, as \"1.3.0\"");
        if (!IsSemanticVersion(version))
            throw scope.Refuse("$.ociVersion", $"\"{version}\" is not a semantic version, as \"1.3.0\"");
        if (!version.StartsWith("1.", StringComparison.Ordinal))
            throw scope.Refuse("$.ociVersion", $"{version} is not supported; this runtime knows 1.0.0 to 1.3.0");
    }

    /// <summary>MAJOR.MINOR.PATCH, then -prerelease and +build, of semver.org 2.0.0.</summary>
    private static bool IsSemanticVersion(ReadOnlySpan<char> version)
    {
        int end = version.IndexOfAny('-', '+');
        ReadOnlySpan<char> core = end < 0 ? version : version[..end];
        if (end >= 0)
        {
            if (end + 1 == version.Length)
                return false;
            foreach (char c in version[(end + 1)..])
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '+'))
                    return false;
            }
        }
        for (int part = 0; part < 3; part++)
        {
            int dot = core.IndexOf('.');
            ReadOnlySpan<char> number = part == 2 ? core : dot < 0 ? default : core[..dot];
            if (number.IsEmpty || number.IndexOfAnyExceptInRange('0', '9') >= 0 || (number.Length > 1 && number[0] == '0'))
                return false;
            core = core[(dot + 1)..];
        }
        return true;
    }

    private static void Root(Root? root, Scope scope)
    {
        if (root is null)
            throw scope.Refuse("$.root", "is missing; give the root file system, as {\"path\": \"rootfs\"}");
        if (root.Path.Length == 0)
            throw scope.Refuse("$.root.path", "is missing; give the root file system's folder");
        scope.NoNul(root.Path, "$.root.path");
    }

    private static void Uts(RuntimeConfig config, Scope scope)
    {
        if (config.Hostname is not null)
            UtsName(config.Hostname, "$.hostname", scope);
        if (config.Domainname is not null)
            UtsName(config.Domainname, "$.domainname", scope);
    }

    private static void UtsName(string name, string path, Scope scope)
    {
        if (!scope.Has(NamespaceKinds.Uts))
            throw scope.Refuse(path, "would change the host's; add {\"type\": \"uts\"} to $.linux.namespaces");
        if (System.Text.Encoding.UTF8.GetByteCount(name) > MaxHostname)
            throw scope.Refuse(path, $"is longer than {MaxHostname} bytes");
        scope.NoNul(name, path);
    }

    private static void Annotations(RuntimeConfig config, Scope scope)
    {
        foreach (var (key, _) in config.Annotations)
        {
            if (key.Length == 0)
                throw scope.Refuse("$.annotations", "has an empty key");
        }
    }

    private static void Hooks(Hooks hooks, Scope scope)
    {
        HookList(hooks.Prestart, "$.hooks.prestart", scope);
        HookList(hooks.CreateRuntime, "$.hooks.createRuntime", scope);
        HookList(hooks.CreateContainer, "$.hooks.createContainer", scope);
        HookList(hooks.StartContainer, "$.hooks.startContainer", scope);
        HookList(hooks.Poststart, "$.hooks.poststart", scope);
        HookList(hooks.Poststop, "$.hooks.poststop", scope);
    }

    private static void HookList(Hook[] hooks, string path, Scope scope)
    {
        for (int i = 0; i < hooks.Length; i++)
        {
            Hook hook = hooks[i];
            if (hook.Path.Length == 0 || hook.Path[0] != '/' || hook.Path.Contains('\0'))
                scope.Absolute(hook.Path, $"{path}[{i}].path");
            scope.NoNul(hook.Args, $"{path}[{i}].args");
            Environment(hook.Env, $"{path}[{i}]", scope);
            if (hook.Timeout <= 0)
                throw scope.Refuse($"{path}[{i}].timeout", $"{hook.Timeout} is not above 0; leave it out for no limit");
        }
    }

    /// <summary>NAME=VALUE, as runc asks.</summary>
    private static void Environment(string[] env, string path, Scope scope)
    {
        for (int i = 0; i < env.Length; i++)
        {
            string pair = env[i];
            int equals = pair.IndexOf('=');
            if (equals < 0)
                throw scope.Refuse($"{path}.env[{i}]", $"\"{pair}\" has no \"=\"");
            if (equals == 0)
                throw scope.Refuse($"{path}.env[{i}]", "has an empty name");
            if (pair.Contains('\0'))
                throw scope.Refuse($"{path}.env[{i}]", "has a NUL byte");
        }
    }
}
