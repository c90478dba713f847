using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bulkhead.Images.References;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Trust;

/// <summary>The policy file and the keys that it names, for trust add, remove and require. Written by rename; what other tools put into the file stays.</summary>
/// <param name="own">Folder of policy.json and keys/: /etc/bulkhead/trust.</param>
/// <param name="shared">The policy of podman and its like, which holds while we have none; null: none.</param>
public sealed class TrustFiles(string own, string? shared)
{
    private const int MaxFile = 1 << 20;
    private const uint PublicFile = 0x1A4, Folder = 0x1ED; // 0644, 0755

    public string PolicyPath => own + "/policy.json";

    /// <summary>The file that holds; null: none is there.</summary>
    public string? Path => Exists(PolicyPath) ? PolicyPath : shared is not null && Exists(shared) ? shared : null;

    public TrustPolicy Load() => Path is { } path ? PolicyReader.Parse(ReadFile(path), path) : TrustPolicy.AcceptAll;

    public static byte[] ReadFile(string path)
    {
        using Fd file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY).OrThrow("open", path);
        return Sys.ReadFile(file, MaxFile).OrThrow("read", path);
    }

    /// <summary>One more key whose signatures count for images below a name.</summary>
    public PublicKey Add(string prefix, byte[] pem, string shown)
    {
        CheckScope(prefix);
        PublicKey key = PublicKey.FromPem(pem, shown);
        Make(own);
        Make(own + "/keys");
        string path = $"{own}/keys/{key.Fingerprint}.pem";
        Write(path, pem);
        Change(root =>
        {
            JsonObject scopes = Scopes(root);
            var paths = new JsonArray();
            foreach (string other in KeyPaths(scopes[prefix], prefix))
            {
                if (other != path)
                    paths.Add((JsonNode)JsonValue.Create(other)!);
            }
            paths.Add((JsonNode)JsonValue.Create(path)!);
            scopes[prefix] = new JsonArray(new JsonObject
            {
                ["type"] = "sigstoreSigned",
                ["keyPaths"] = paths,
                ["signedIdentity"] = new JsonObject { ["type"] = "matchRepository" },
            });
        });
        return key;
    }

    /// <summary>The scope is as if it had never been named.</summary>
    public void Remove(string prefix) => Change(root =>
    {
        if (!Scopes(root).Remove(prefix))
            throw new StepException($"no rule is for '{prefix}' (bulkhead trust list shows them)");
    });

    /// <summary>What no rule names is refused, or runs unsigned again.</summary>
    public void Require(bool on) => Change(root => root["default"] = new JsonArray(new JsonObject { ["type"] = on ? "reject" : "insecureAcceptAnything" }));

    private static void CheckScope(string prefix)
    {
        if (prefix.StartsWith("*.", StringComparison.Ordinal) && prefix.Length > 2 && !prefix.Contains('/'))
            return;
        // A host alone is a scope too, and no image's name.
        string name = prefix.Contains('/') ? prefix : prefix + "/x";
        ImageReference parsed = ImageReference.Parse(name);
        if (parsed.Name != name && parsed.ToString() != name)
            throw new StepException($"trust: '{prefix}' is short for {parsed.Name}: write the whole name, from the registry on");
    }

    /// <summary>Of a scope that add has made; another's rule is not ours to change.</summary>
    private static List<string> KeyPaths(JsonNode? rules, string prefix)
    {
        var paths = new List<string>();
        if (rules is null)
            return paths;
        if (rules is not JsonArray { Count: 1 } array || array[0] is not JsonObject rule || (string?)rule["type"] != "sigstoreSigned" || rule["keyData"] is not null)
            throw new StepException($"'{prefix}' has rules of another kind already: remove them first (bulkhead trust remove {prefix})");
        if (rule["keyPath"] is { } single)
            paths.Add((string)single!);
        foreach (JsonNode? path in rule["keyPaths"] as JsonArray ?? [])
            paths.Add((string)path!);
        return paths;
    }

    private static JsonObject Scopes(JsonObject root)
    {
        if (root["transports"] is not JsonObject transports)
            root["transports"] = transports = [];
        if (transports["docker"] is not JsonObject scopes)
            transports["docker"] = scopes = [];
        return scopes;
    }

    private void Change(Action<JsonObject> change)
    {
        Make(own);
        using Fd gate = Sys.OpenAt(Fd.Cwd, own + "/.lock", Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_NOFOLLOW, 0x180).OrThrow("open the lock of", own);
        Errno error = Sys.Flock(gate, Fcntl.LOCK_EX);
        if (error != Errno.None)
            throw new StepException("lock", error, own);
        JsonObject root;
        if (Path is { } path)
        {
            // It must be one that we understand: else it would be changed into another meaning.
            byte[] bytes = ReadFile(path);
            PolicyReader.Parse(bytes, path);
            root = (JsonObject)JsonNode.Parse(bytes)!;
        }
        else
            root = new JsonObject { ["default"] = new JsonArray(new JsonObject { ["type"] = "insecureAcceptAnything" }) };
        change(root);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            root.WriteTo(json);
        buffer.Write("\n"u8);
        PolicyReader.Parse(buffer.WrittenSpan, PolicyPath);
        Write(PolicyPath, buffer.WrittenSpan);
    }

    private static bool Exists(string path) => Sys.StatAt(Fd.Cwd, path).Ok;

    private static void Make(string path)
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, path, Folder);
        if (error == Errno.ENOENT && path.LastIndexOf('/') is > 0 and var slash)
        {
            Make(path[..slash]);
            error = Sys.MkdirAt(Fd.Cwd, path, Folder);
        }
        if (error is not (Errno.None or Errno.EEXIST))
            throw new StepException("make a directory for trust", error, path);
    }

    private static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        string fresh = path + ".new-" + Guid.NewGuid().ToString("N")[..8];
        using (Fd file = Sys.OpenAt(Fd.Cwd, fresh, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, PublicFile).OrThrow("make", fresh))
        {
            Errno error = Sys.WriteAll(file, bytes);
            if (error != Errno.None)
            {
                Sys.UnlinkAt(Fd.Cwd, fresh);
                throw new StepException("write", error, path);
            }
        }
        Errno moved = Sys.RenameAt(Fd.Cwd, fresh, Fd.Cwd, path);
        if (moved != Errno.None)
            throw new StepException("put in its place", moved, path);
    }
}
