using System;
using System.IO;
using System.Text;
using System.Text.Json.Nodes;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.Linux;
using Bulkhead.TestSupport;

namespace Bulkhead.Registries;

/// <summary>Docker's and podman's files and helpers. One at a time: they change the environment.</summary>
[Collection("environment")]
public sealed class CredentialTests : IDisposable
{
    private static readonly string[] s_variables = ["HOME", "DOCKER_CONFIG", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "REGISTRY_AUTH_FILE", "PATH"];

    private readonly TempFolder folder = new("bhreg");
    private readonly string?[] before = Array.ConvertAll(s_variables, Environment.GetEnvironmentVariable);

    public void Dispose()
    {
        for (int i = 0; i < s_variables.Length; i++)
            Environment.SetEnvironmentVariable(s_variables[i], before[i]);
        folder.Dispose();
    }

    private static string Auth(string words) => "{\"auth\":\"" + Convert.ToBase64String(Encoding.UTF8.GetBytes(words)) + "\"}";

    private string Put(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        return folder.Write(name, text);
    }

    [Theory]
    [InlineData("docker.io", "https://index.docker.io/v1/")]
    [InlineData("docker.io", "docker.io")]
    [InlineData("docker.io", "registry-1.docker.io")]
    [InlineData("registry.example:5000", "registry.example:5000")]
    [InlineData("registry.example:5000", "https://registry.example:5000")]
    [InlineData("registry.example:5000", "http://registry.example:5000/v1/")]
    [InlineData("registry.example:5000", "https://registry.example:5000/v2/")]
    [InlineData("registry.example:5000", "registry.example:5000/a")]
    [InlineData("registry.example:5000", "registry.example:5000/a/b")]
    public void FoundBy(string host, string key)
    {
        var store = new CredentialStore(Put("c.json", "{\"auths\":{\"other.example\":" + Auth("x:y") + ",\"" + key + "\":" + Auth("anna:pass:word é") + "}}"));
        Credential found = store.Find(host, host + "/a/b")!;
        Assert.Equal(("anna", "pass:word é", folder["c.json"]), (found.User, found.Secret, found.Origin));
        Assert.DoesNotContain("pass", found.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.example")]
    [InlineData("registry.example:50001")]
    [InlineData("evil.registry.example:5000")]
    [InlineData("registry.example:5000/a/b/c")]
    [InlineData("registry.example:5000/ab")]
    [InlineData("https://registry.example")]
    public void NotFoundBy(string key)
    {
        var store = new CredentialStore(Put("c.json", "{\"auths\":{\"" + key + "\":" + Auth("anna:x") + "}}"));
        Assert.Null(store.Find("registry.example:5000", "registry.example:5000/a/b"));
    }

    [Fact]
    public void TheMostSpecificEntry()
    {
        var store = new CredentialStore(Put("c.json", "{\"auths\":{\"h.example\":" + Auth("all:x") + ",\"h.example/a\":" + Auth("part:x") + ",\"h.example/a/b\":" + Auth("one:x") + "}}"));
        Assert.Equal(["one", "part", "all"], Array.ConvertAll(["h.example/a/b", "h.example/a/c", "h.example/d"], name => store.Find("h.example", name)!.User));
    }

    [Fact]
    public void IdentityTokensAndPlainFields()
    {
        var store = new CredentialStore(Put("c.json", """{"auths":{"a.example":{"auth":"eDp5","identitytoken":"tok"},"b.example":{"username":"u","password":"p"},"c.example":{},"d.example":null,"e.example":[]}}"""));
        Assert.True(store.Find("a.example", "a.example/x") is { IsToken: true, Secret: "tok" });
        Assert.Equal(("u", "p"), (store.Find("b.example", "b.example/x")!.User, store.Find("b.example", "b.example/x")!.Secret));
        foreach (string host in new[] { "c.example", "d.example", "e.example", "f.example" })
            Assert.Null(store.Find(host, host + "/x"));
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("null", "no JSON object")]
    [InlineData("{\"auths\":{\"h.example\":{\"auth\":\"%%%\"}}}", "not base64")]
    [InlineData("{\"auths\":{\"h.example\":{\"auth\":\"YWJj\"}}}", "not user:password")]
    [InlineData("{\"auths\":{\"h.example\":{\"auth\":\"eDp5\"},\"h.example\":{\"auth\":\"ejp6\"}}}", "not valid JSON")]
    [InlineData("{\"auths\":{\"\\ud800\":{}}}", "not valid JSON")]
    [InlineData("{\"auths\":{\"h.example\":{\"auth\":\"\\ud800\"}}}", "not valid JSON")]
    [InlineData("{\"credsStore\":\"../../bin/sh\"}", "no name of a credential helper")]
    public void BrokenFiles(string text, string why)
    {
        var store = new CredentialStore(Put("c.json", text));
        string message = Assert.Throws<StepException>(() => store.Find("h.example", "h.example/a")).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
    }

    [Fact]
    public void OddFilesAreEmpty()
    {
        foreach (string text in new[] { "", " \n", "{}", """{"auths":null}""", """{"auths":[]}""", """{"credHelpers":"x","credsStore":5}""" })
            Assert.Null(new CredentialStore(Put("c.json", text)).Find("h.example", "h.example/a"));
        Assert.Null(new CredentialStore(folder["none.json"]).Find("h.example", "h.example/a"));
    }

    /// <summary>Each place of Docker's and podman's, the earlier ones going before.</summary>
    [Fact]
    public void Places()
    {
        (string Variable, string Value)[] environment = [("HOME", folder["home"]), ("DOCKER_CONFIG", folder["docker"]), ("XDG_RUNTIME_DIR", folder["run"])];
        foreach ((string variable, string value) in environment)
            Environment.SetEnvironmentVariable(variable, value);
        Environment.SetEnvironmentVariable("XDG_CONFIG_HOME", null);
        Environment.SetEnvironmentVariable("REGISTRY_AUTH_FILE", null);
        string[] places = ["named.json", "docker/config.json", "run/containers/auth.json", "home/.config/containers/auth.json"];
        for (int i = places.Length - 1; i >= 0; i--)
        {
            Put(places[i], "{\"auths\":{\"h.example\":" + Auth("u" + i + ":x") + "}}");
            if (i == 0)
                Environment.SetEnvironmentVariable("REGISTRY_AUTH_FILE", folder[places[0]]);
            Assert.Equal("u" + i, CredentialStore.FromEnvironment().Find("h.example", "h.example/a")!.User);
        }
        Environment.SetEnvironmentVariable("REGISTRY_AUTH_FILE", null);
        Environment.SetEnvironmentVariable("DOCKER_CONFIG", null);
        Assert.Equal(folder["home/.docker/config.json"], CredentialStore.FromEnvironment().LoginFile);
        Assert.Equal("/x.json", CredentialStore.FromEnvironment("/x.json").LoginFile);
    }

    [Fact]
    public void LoginsKeepTheRest()
    {
        string path = Put("c.json", """{"HttpHeaders":{"X":"é<"},"auths":{"a.example":{"auth":"eDp5","email":"e"}},"proxies":{"default":{"n":[1,2.50,null]}}}""");
        Command.Run("chmod", "644", path).Ok();
        var store = new CredentialStore(path);
        Assert.Equal(path, store.Login("docker.io", new Credential("anna", "pä:ss", "it")));
        Assert.Equal("600", Command.Run("stat", "-c", "%a", path).Ok());
        Assert.Equal("anna", store.Find("docker.io", "docker.io/library/x")!.User);
        Assert.True(store.Logout("docker.io"));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(path)), JsonNode.Parse("""{"HttpHeaders":{"X":"é<"},"auths":{"a.example":{"auth":"eDp5","email":"e"}},"proxies":{"default":{"n":[1,2.50,null]}}}""")));
        Assert.Contains("2.50", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(folder.FullPath));
    }

    [Fact]
    public void ALinkStays()
    {
        Put("real/c.json", "{}");
        File.CreateSymbolicLink(folder["c.json"], "real/c.json");
        new CredentialStore(folder["c.json"]).Login("h.example", new Credential("u", "p", "it"));
        Assert.NotNull(new FileInfo(folder["c.json"]).LinkTarget);
        Assert.Equal("u", new CredentialStore(folder["real/c.json"]).Find("h.example", "h.example/a")!.User);
    }

    /// <summary>A helper of ours, a shell script that keeps each server's document in a file and writes down what it is asked.</summary>
    [Fact]
    public void Helpers()
    {
        string bin = folder.Make("bin");
        string script = folder.Write("bin/docker-credential-ours", $$"""
            #!/bin/sh
            read -r line
            echo "$1 $line" >>{{folder["log"]}}
            case $1 in
            store) printf %s "$line" >{{folder["kept"]}} ;;
            get) [ -e {{folder["kept"]}} ] && exec cat {{folder["kept"]}}; echo 'credentials not found in native keychain'; exit 1 ;;
            erase) rm -f {{folder["kept"]}} ;;
            esac
            """);
        Command.Run("chmod", "755", script).Ok();
        Environment.SetEnvironmentVariable("PATH", ".:" + bin + ":/usr/bin:/bin");
        string path = Put("c.json", "{\"credHelpers\":{\"h.example\":\"ours\"},\"credsStore\":\"none\",\"auths\":{\"h.example\":" + Auth("old:x") + "}}");
        var store = new CredentialStore(path);
        Assert.Equal("old", store.Find("h.example", "h.example/a")!.User);
        Assert.Equal("docker-credential-ours", store.Login("h.example", new Credential("anna", "se\"cret", "it")));
        Credential found = store.Find("h.example", "h.example/a")!;
        Assert.Equal(("anna", "se\"cret", "docker-credential-ours"), (found.User, found.Secret, found.Origin));
        Assert.True(store.Logout("h.example"));
        Assert.False(File.Exists(folder["kept"]));
        Assert.Null(store.Find("h.example", "h.example/a"));
        Assert.StartsWith("get h.example\nstore {\"ServerURL\":\"h.example\"", File.ReadAllText(folder["log"]), StringComparison.Ordinal);
        Assert.Contains("docker-credential-none: no such file or directory", Assert.Throws<StepException>(() => store.Find("other.example", "other.example/a")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo boom'\u001b'; exit 3", "docker-credential-odd get ended with status 3: boom?")]
    [InlineData("echo nonsense", "its answer is not the JSON that was expected")]
    [InlineData("echo '{\"Username\":5}'", "its answer is not the JSON that was expected")]
    [InlineData("head -c 100000 /dev/zero", "file too large")]
    [InlineData("kill -9 $$", "ended with status 137")]
    public void HelpersThatFail(string script, string why)
    {
        folder.Make("bin");
        string file = folder.Write("bin/docker-credential-odd", "#!/bin/sh\n" + script + "\n");
        Command.Run("chmod", "755", file).Ok();
        Environment.SetEnvironmentVariable("PATH", folder["bin"] + ":/usr/bin:/bin");
        var store = new CredentialStore(Put("c.json", """{"credsStore":"odd"}"""));
        Assert.Contains(why, Assert.Throws<StepException>(() => store.Find("h.example", "h.example/a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HelpersGiveIdentityTokens()
    {
        folder.Make("bin");
        string file = folder.Write("bin/docker-credential-tok", "#!/bin/sh\necho '{\"Username\":\"<token>\",\"Secret\":\"t\"}'\n");
        Command.Run("chmod", "755", file).Ok();
        Environment.SetEnvironmentVariable("PATH", folder["bin"] + ":/usr/bin:/bin");
        Assert.True(new CredentialStore(Put("c.json", """{"credsStore":"tok"}""")).Find("h.example", "h.example/a") is { IsToken: true, Secret: "t" });
    }
}
