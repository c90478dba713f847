using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Registry.Credentials;

/// <summary>
/// One file of credentials: Docker's config.json or podman's auth.json (containers-auth.json(5)). Written by rename with mode 0600; what is not ours
/// in it stays.
/// </summary>
public sealed class AuthFile
{
    private const int MaxBytes = 4 << 20;
    private const uint PrivateFile = 0x180, PrivateFolder = 0x1C0; // 0600, 0700

    private readonly JsonObject root;

    private AuthFile(string path, JsonObject root) => (Path, this.root) = (path, root);

    public string Path { get; }

    /// <summary>Without entries when there is no such file.</summary>
    /// <exception cref="StepException">It cannot be read, or is none.</exception>
    public static AuthFile Open(string path)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK);
        if (opened.Error is Errno.ENOENT or Errno.ENOTDIR)
            return new AuthFile(path, []);
        using Fd file = opened.OrThrow("open", path);
        return Parse(Sys.ReadFile(file, MaxBytes).OrThrow("read", path), path);
    }

    internal static AuthFile Parse(byte[] text, string path)
    {
        if (text.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
            return new AuthFile(path, []);
        try
        {
            // Names that come twice are refused here: which one counts would be anybody's guess.
            JsonNode? node = JsonNode.Parse(text, null, new JsonDocumentOptions { AllowDuplicateProperties = false });
            Touch(node);
            return new AuthFile(path, node as JsonObject ?? throw new StepException($"{path}: is no JSON object"));
        }
        // The last: words that are no Unicode, as "\ud800".
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new StepException($"{path}: is not valid JSON");
        }
    }

    /// <summary>The helper for a registry: its own, else the one for all; null: none.</summary>
    /// <param name="keys">Names of the registry, the likeliest first.</param>
    internal string? Helper(IEnumerable<string> keys)
    {
        foreach (string key in keys)
        {
            if (Text(root["credHelpers"], key) is { Length: > 0 } own)
                return own;
        }
        return Text(root, "credsStore") is { Length: > 0 } all ? all : null;
    }

    /// <summary>The first of these keys that has an entry with something in it.</summary>
    internal Credential? Entry(IEnumerable<string> keys)
    {
        if (root["auths"] is not JsonObject auths)
            return null;
        foreach (string key in keys)
        {
            if (auths[key] is JsonObject entry && Read(entry) is { } credential)
                return credential;
        }
        return null;
    }

    internal void Put(string key, Credential credential)
    {
        if (root["auths"] is not JsonObject auths)
            root["auths"] = auths = [];
        auths[key] = credential.IsToken ? new JsonObject { ["identitytoken"] = credential.Secret } : new JsonObject { ["auth"] = credential.ToBase64() };
        Save();
    }

    /// <summary>False: there was none.</summary>
    internal bool Remove(IEnumerable<string> keys)
    {
        bool removed = false;
        foreach (string key in keys)
            removed |= root["auths"] is JsonObject auths && auths.Remove(key);
        if (removed)
            Save();
        return removed;
    }

    /// <summary>Reads every word once: the parser leaves it to whoever reads them to find that they are no Unicode.</summary>
    private static void Touch(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach ((_, JsonNode? member) in members)
                Touch(member);
        }
        else if (node is JsonArray items)
        {
            foreach (JsonNode? item in items)
                Touch(item);
        }
        else if (node is JsonValue value)
            _ = value.TryGetValue(out string? _);
    }

    private Credential? Read(JsonObject entry)
    {
        if (Text(entry, "identitytoken") is { Length: > 0 } token)
            return new Credential("", token, Path) { IsToken = true };
        if (Text(entry, "auth") is not { Length: > 0 } auth)
            return Text(entry, "username") is { Length: > 0 } user && Text(entry, "password") is { } password ? new Credential(user, password, Path) : null;
        byte[] bytes = new byte[auth.Length];
        if (!Convert.TryFromBase64String(auth, bytes, out int length))
            throw new StepException($"{Path}: an entry's auth is not base64");
        string words = Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0');
        int colon = words.IndexOf(':');
        return colon > 0 ? new Credential(words[..colon], words[(colon + 1)..], Path) : throw new StepException($"{Path}: an entry's auth is not user:password in base64");
    }

    private void Save()
    {
        // Through a link that somebody made on purpose: the file itself is replaced, not the link.
        string target = Sys.ReadLinkAt(Fd.Cwd, Path) is { Ok: true, Value: var link } ? (link.StartsWith('/') ? link : Folder(Path) + "/" + link) : Path;
        MakeFolder(Folder(target));
        string fresh = target + ".new-" + Guid.NewGuid().ToString("N");
        try
        {
            using (Fd file = Sys.OpenAt(Fd.Cwd, fresh, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, PrivateFile).OrThrow("make", fresh))
                Require(Sys.WriteAll(file, Encoding.UTF8.GetBytes(root.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n")), "write", fresh);
            Require(Sys.RenameAt(Fd.Cwd, fresh, Fd.Cwd, target), "replace", target);
        }
        catch
        {
            Sys.UnlinkAt(Fd.Cwd, fresh);
            throw;
        }
    }

    private static void MakeFolder(string path)
    {
        if (path.Length <= 1 || Sys.StatAt(Fd.Cwd, path).Ok)
            return;
        MakeFolder(Folder(path));
        Errno error = Sys.MkdirAt(Fd.Cwd, path, PrivateFolder);
        if (error is not (Errno.None or Errno.EEXIST))
            throw new StepException("make", error, path);
    }

    private static string Folder(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : ".";

    private static void Require(Errno error, string step, string path)
    {
        if (error != Errno.None)
            throw new StepException(step, error, path);
    }

    private static string? Text(JsonNode? node, string name) =>
        node is JsonObject members && members[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
