using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Images.References;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Credentials;

/// <summary>The caller's credentials: Docker's file, then podman's; in each, helpers before entries, as its own tool has it.</summary>
/// <param name="files">Paths, the one that logins are written to first.</param>
public sealed class CredentialStore(params string[] files)
{
    /// <summary>docker.io's name in Docker's files, for reasons of history.</summary>
    private const string DockerKey = "https://index.docker.io/v1/";

    /// <summary>Nobody's.</summary>
    public static CredentialStore None { get; } = new();

    /// <summary>Where a login is written to.</summary>
    public string? LoginFile => files.Length == 0 ? null : files[0];

    /// <param name="named">The one file that counts (--authfile); null: REGISTRY_AUTH_FILE, else the usual ones.</param>
    public static CredentialStore FromEnvironment(string? named = null)
    {
        if ((named ?? Variable("REGISTRY_AUTH_FILE")) is { } only)
            return new CredentialStore(only);
        string? home = Variable("HOME");
        string? docker = Variable("DOCKER_CONFIG") ?? (home is null ? null : home + "/.docker");
        string? config = Variable("XDG_CONFIG_HOME") ?? (home is null ? null : home + "/.config");
        string run = Variable("XDG_RUNTIME_DIR") ?? string.Create(CultureInfo.InvariantCulture, $"/run/containers/{Sys.GetEuid()}");
        var all = new List<string>();
        if (docker is not null)
            all.Add(docker + "/config.json");
        all.Add(Variable("XDG_RUNTIME_DIR") is null ? run + "/auth.json" : run + "/containers/auth.json");
        if (config is not null)
            all.Add(config + "/containers/auth.json");
        return new CredentialStore(all.ToArray());
    }

    /// <param name="host">host[:port].</param>
    /// <param name="name">host[:port]/repository: an entry for a part of it goes before one for the host.</param>
    /// <returns>Null: nobody is logged in.</returns>
    /// <exception cref="StepException">A file or a helper is broken.</exception>
    public Credential? Find(string host, string name)
    {
        foreach (string path in files)
        {
            AuthFile file = AuthFile.Open(path);
            if (file.Helper(HostKeys(host)) is { } helper && CredentialHelper.Get(helper, ServerName(host)) is { } kept)
                return kept;
            if (file.Entry(Keys(host, name)) is { } entry)
                return entry;
        }
        return null;
    }

    /// <summary>Keeps it for a registry, in the helper that the file names, else in the file.</summary>
    /// <returns>Where it is now.</returns>
    public string Login(string host, Credential credential)
    {
        AuthFile file = AuthFile.Open(LoginFile ?? throw new StepException("login: neither HOME nor DOCKER_CONFIG nor REGISTRY_AUTH_FILE says where credentials are kept"));
        if (file.Helper(HostKeys(host)) is { } helper)
        {
            CredentialHelper.Store(helper, ServerName(host), credential);
            return "docker-credential-" + helper;
        }
        file.Put(ServerName(host), credential);
        return file.Path;
    }

    /// <summary>Forgets a registry's, in every file.</summary>
    /// <returns>False: nobody was logged in.</returns>
    public bool Logout(string host)
    {
        bool removed = false;
        foreach (string path in files)
        {
            AuthFile file = AuthFile.Open(path);
            if (file.Helper(HostKeys(host)) is { } helper && CredentialHelper.Get(helper, ServerName(host)) is not null)
            {
                CredentialHelper.Erase(helper, ServerName(host));
                removed = true;
            }
            removed |= file.Remove(HostKeys(host));
        }
        return removed;
    }

    private static string ServerName(string host) => host == ImageReference.DefaultRegistry ? DockerKey : host;

    /// <summary>The most specific first: podman's files may name a part of the repository.</summary>
    private static IEnumerable<string> Keys(string host, string name)
    {
        for (string part = name; part.Length > host.Length; part = part[..part.LastIndexOf('/')])
            yield return part;
        foreach (string key in HostKeys(host))
            yield return key;
    }

    /// <summary>As files of all ages write a registry's name.</summary>
    private static IEnumerable<string> HostKeys(string host)
    {
        if (host == ImageReference.DefaultRegistry)
        {
            foreach (string old in new[] { DockerKey, "docker.io", "index.docker.io", "registry-1.docker.io", "https://index.docker.io/v2/", "https://registry-1.docker.io" })
                yield return old;
            yield break;
        }
        yield return host;
        foreach (string scheme in new[] { "https://", "http://" })
        {
            foreach (string path in new[] { "", "/", "/v1/", "/v2/" })
                yield return scheme + host + path;
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
