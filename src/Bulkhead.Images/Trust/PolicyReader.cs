using System;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Linux;

namespace Bulkhead.Images.Trust;

/// <summary>policy.json (containers-policy.json(5)), strictly: what is not known, said twice or not supported rejects the file, since a rule that is skipped is a door.</summary>
public static class PolicyReader
{
    private const string Registries = "docker";

    private static readonly Dictionary<string, IdentityMatch> Identities = new()
    {
        ["matchRepoDigestOrExact"] = IdentityMatch.RepoDigestOrExact,
        ["matchExact"] = IdentityMatch.Exact,
        ["matchRepository"] = IdentityMatch.Repository,
        ["exactReference"] = IdentityMatch.ExactReference,
        ["exactRepository"] = IdentityMatch.ExactRepository,
        ["remapIdentity"] = IdentityMatch.RemapIdentity,
    };

    /// <exception cref="StepException">File, JSON path and what is wrong there.</exception>
    public static TrustPolicy Parse(ReadOnlySpan<byte> json, string file)
    {
        try
        {
            return Read(json, file);
        }
        catch (InvalidOperationException)
        {
            // What System.Text.Json throws for texts with bytes or surrogates that are no Unicode.
            throw new StepException($"{file}: one of its texts is no Unicode");
        }
    }

    private static TrustPolicy Read(ReadOnlySpan<byte> json, string file)
    {
        JsonElement root;
        try
        {
            var reader = new Utf8JsonReader(json);
            root = JsonElement.ParseValue(ref reader);
            while (reader.Read())
                throw new StepException($"{file}: something follows the JSON");
        }
        catch (JsonException error)
        {
            throw new StepException($"{file}: it is no JSON: line {error.LineNumber + 1}");
        }
        TrustRule[]? rules = null;
        var scopes = new Dictionary<string, TrustRule[]>();
        foreach ((string name, JsonElement value) in Members(root, file, "$"))
        {
            if (name == "default")
                rules = Rules(value, file, "$.default");
            else if (name == "transports")
                Transports(value, file, scopes);
            else
                throw Unknown(file, "$", name);
        }
        return new TrustPolicy { Default = rules ?? throw new StepException($"{file}: $.default is missing"), Scopes = scopes };
    }

    private static void Transports(JsonElement transports, string file, Dictionary<string, TrustRule[]> scopes)
    {
        foreach ((string transport, JsonElement value) in Members(transports, file, "$.transports"))
        {
            foreach ((string scope, JsonElement rules) in Members(value, file, "$.transports." + transport))
            {
                // Those of other transports are checked too, and mean nothing here: images come from registries.
                TrustRule[] parsed = Rules(rules, file, $"$.transports.{transport}[\"{Printable.Name(scope)}\"]");
                if (transport == Registries)
                    scopes[scope] = parsed;
            }
        }
    }

    private static TrustRule[] Rules(JsonElement value, string file, string path)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
            throw new StepException($"{file}: {path}: an array with one rule at least is expected");
        var rules = new List<TrustRule>();
        foreach (JsonElement rule in value.EnumerateArray())
            rules.Add(Rule(rule, file, $"{path}[{rules.Count}]"));
        return rules.ToArray();
    }

    private static TrustRule Rule(JsonElement value, string file, string path)
    {
        List<(string Name, JsonElement Value)> members = Members(value, file, path);
        string type = Text(members.Find(member => member.Name == "type").Value, file, path + ".type");
        members.RemoveAll(member => member.Name == "type");
        switch (type)
        {
            case "insecureAcceptAnything" or "reject":
                if (members.Count > 0)
                    throw Unknown(file, path, members[0].Name);
                return new TrustRule { Kind = type == "reject" ? TrustKind.Reject : TrustKind.AcceptAnything };
            case "sigstoreSigned":
                return Signed(members, file, path);
            case "signedBy":
                throw new StepException($"{file}: {path}.type: signedBy (GPG) is not supported: use sigstoreSigned with a key");
            default:
                throw new StepException($"{file}: {path}.type: '{Printable.Name(type)}' is not insecureAcceptAnything, reject or sigstoreSigned");
        }
    }

    private static TrustRule Signed(List<(string Name, JsonElement Value)> members, string file, string path)
    {
        var paths = new List<string>();
        var rule = new TrustRule { Kind = TrustKind.SigstoreSigned };
        int sources = 0;
        foreach ((string name, JsonElement value) in members)
        {
            string at = $"{path}.{name}";
            sources += name is "keyPath" or "keyPaths" or "keyData" ? 1 : 0;
            switch (name)
            {
                case "keyPath":
                    paths.Add(Text(value, file, at));
                    break;
                case "keyPaths" when value.ValueKind == JsonValueKind.Array:
                    foreach (JsonElement one in value.EnumerateArray())
                        paths.Add(Text(one, file, at));
                    break;
                case "keyData":
                    rule = rule with { KeyData = value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : throw new StepException($"{file}: {at}: base64 is expected") };
                    break;
                case "signedIdentity":
                    rule = Identity(rule, Members(value, file, at), file, at);
                    break;
                case "fulcio" or "rekorPublicKeyPath" or "rekorPublicKeyData" or "rekorPublicKeyPaths" or "rekorPublicKeyDatas" or "pki":
                    throw new StepException($"{file}: {at}: signatures without a key (Fulcio, Rekor, PKI) are not supported: use keyPath");
                default:
                    throw Unknown(file, path, name);
            }
        }
        if (sources != 1 || (paths.Count == 0 && rule.KeyData is null))
            throw new StepException($"{file}: {path}: one of keyPath, keyPaths and keyData is expected");
        return rule with { KeyPaths = paths.ToArray() };
    }

    private static TrustRule Identity(TrustRule rule, List<(string Name, JsonElement Value)> members, string file, string path)
    {
        string Take(string name) => Text(members.Find(member => member.Name == name).Value, file, $"{path}.{name}");
        string type = Take("type");
        if (!Identities.TryGetValue(type, out IdentityMatch match))
            throw new StepException($"{file}: {path}.type: '{Printable.Name(type)}' is none of {string.Join(", ", Identities.Keys)}");
        string[] needed = match switch
        {
            IdentityMatch.ExactReference => ["dockerReference"],
            IdentityMatch.ExactRepository => ["dockerRepository"],
            IdentityMatch.RemapIdentity => ["prefix", "signedPrefix"],
            _ => [],
        };
        foreach ((string name, _) in members)
        {
            if (name != "type" && Array.IndexOf(needed, name) < 0)
                throw Unknown(file, path, name);
        }
        return rule with { Identity = match, IdentityName = needed.Length > 0 ? Take(needed[0]) : "", SignedPrefix = needed.Length > 1 ? Take(needed[1]) : "" };
    }

    private static List<(string Name, JsonElement Value)> Members(JsonElement value, string file, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new StepException($"{file}: {path}: an object is expected");
        var members = new List<(string, JsonElement)>();
        var seen = new HashSet<string>();
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (!seen.Add(member.Name))
                throw new StepException($"{file}: {path}.{Printable.Name(member.Name)} is there twice");
            members.Add((member.Name, member.Value));
        }
        return members;
    }

    private static string Text(JsonElement value, string file, string path) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw new StepException($"{file}: {path}: a text is expected");

    private static StepException Unknown(string file, string path, string name) => new($"{file}: {path}.{Printable.Name(name)} is not known: the file is rejected");
}
