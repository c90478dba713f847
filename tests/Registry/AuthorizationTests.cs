using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.Images.Registry.Http;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Registries;

/// <summary>Who is told who we are: challenges, tokens, redirects.</summary>
public sealed class AuthorizationTests
{
    private const string Json = "Content-Type: " + MediaTypes.Manifest;

    private static readonly string s_image = Encoding.UTF8.GetString(Content.Json(new Manifest { SchemaVersion = 2, MediaType = MediaTypes.Manifest, Layers = [] }));
    private static readonly Credential s_anna = new("anna", "secret", "the test");
    private static readonly string s_basic = "Basic " + Convert.ToBase64String("anna:secret"u8);

    private static RegistryOptions Options(Credential? given) => PlainRegistry.Plain() with { Given = given, FirstPause = TimeSpan.FromMilliseconds(1), IdleTimeout = TimeSpan.FromSeconds(5) };

    private static string Error(HostileServer server, Credential? given = null)
    {
        using var client = new RegistryClient(Options(given));
        string message = Assert.Throws<StepException>(() => client.GetManifest(server.Image)).Message;
        Assert.DoesNotContain(message, char.IsControl);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
        return message;
    }

    private static string Good() => HostileServer.Reply(200, s_image, Json);

    private static string Want(string challenge) => HostileServer.Reply(401, """{"errors":[{"code":"UNAUTHORIZED","message":"who"}]}""", "WWW-Authenticate: " + challenge);

    /// <summary>Registry and token service in one: a token of 60 s for each scope.</summary>
    private static HostileServer TokenRegistry(Func<Asked, string> token)
    {
        HostileServer? server = null;
        return server = new HostileServer((request, _) => request.Path.StartsWith("/token", StringComparison.Ordinal) ? token(request)
            : request.Header("Authorization") is { } said && said.StartsWith("Bearer good", StringComparison.Ordinal) ? Good()
            : Want($"Bearer realm=\"http://{server!.Host}/token\",service=\"a service\",scope=\"repository:image:pull\""));
    }

    private static int Tokens(HostileServer server) => server.Requests.Count(one => one.Path.StartsWith("/token", StringComparison.Ordinal));

    [Fact]
    public void BasicIsSaidWhenAskedAndThenAtOnce()
    {
        using var server = new HostileServer((request, _) => request.Header("Authorization") == s_basic ? Good() : Want("Basic realm=\"x\""));
        using var client = new RegistryClient(Options(s_anna));
        client.GetManifest(server.Image);
        client.GetManifest(server.Image);
        Assert.Equal([null, s_basic, s_basic], server.Requests.Select(one => one.Header("Authorization")));
    }

    [Theory]
    [InlineData("Basic realm=\"x\"", true, 2)]
    [InlineData("Basic realm=\"x\"", false, 1)]
    [InlineData("Digest realm=\"x\"", true, 1)]
    [InlineData("Negotiate", true, 1)]
    [InlineData("", true, 1)]
    [InlineData("Bearer", true, 1)]
    public void RefusedForEver(string challenge, bool known, int requests)
    {
        using var server = new HostileServer((_, _) => Want(challenge));
        Assert.Contains(challenge == "Bearer" ? "which is no http(s) URL" : "the registry answers status 401: UNAUTHORIZED: who", Error(server, known ? s_anna : null), StringComparison.Ordinal);
        Assert.Equal(requests, server.Requests.Length);
    }

    /// <summary>Tokens that the registry never likes: one is fetched, then the answer counts.</summary>
    [Fact]
    public void TokensForNothing()
    {
        using HostileServer server = TokenRegistry(_ => HostileServer.Reply(200, """{"token":"bad"}"""));
        using var client = new RegistryClient(Options(s_anna));
        for (int i = 1; i <= 2; i++)
        {
            Assert.Contains("status 401", Assert.Throws<StepException>(() => client.GetManifest(server.Image)).Message, StringComparison.Ordinal);
            Assert.Equal(i, Tokens(server));
        }
    }

    [Fact]
    public void ATokenForAll()
    {
        using HostileServer server = TokenRegistry(_ => HostileServer.Reply(200, """{"access_token":"good","expires_in":300,"more":[]}"""));
        using var client = new RegistryClient(Options(s_anna));
        Parallel.For(0, 8, _ => client.GetManifest(server.Image));
        Asked token = Assert.Single(server.Requests, one => one.Path.StartsWith("/token", StringComparison.Ordinal));
        Assert.Equal("/token?service=a%20service&scope=repository%3Aimage%3Apull&account=anna", token.Path);
        Assert.Equal(s_basic, token.Header("Authorization"));
    }

    [Fact]
    public void AnonymousToken()
    {
        using HostileServer server = TokenRegistry(_ => HostileServer.Reply(200, """{"token":"good"}"""));
        using var client = new RegistryClient(Options(null));
        client.GetManifest(server.Image);
        Assert.Null(server.Requests.Single(one => one.Path.StartsWith("/token", StringComparison.Ordinal)).Header("Authorization"));
    }

    [Fact]
    public void AnIdentityTokenIsExchanged()
    {
        using HostileServer server = TokenRegistry(request => request.Method == "POST" ? HostileServer.Reply(200, """{"access_token":"good"}""") : HostileServer.Reply(400));
        using var client = new RegistryClient(Options(new Credential("", "re fresh", "the test") { IsToken = true }));
        client.GetManifest(server.Image);
        Assert.Equal("grant_type=refresh_token&refresh_token=re+fresh&client_id=bulkhead&service=a+service&scope=repository%3Aimage%3Apull",
            Encoding.UTF8.GetString(server.Requests.Single(one => one.Method == "POST").Body));
    }

    /// <summary>One that has run out is fetched again, without asking first.</summary>
    [Fact]
    public void TokensRunOut()
    {
        using HostileServer server = TokenRegistry(_ => HostileServer.Reply(200, """{"token":"good","expires_in":-5}"""));
        using var client = new RegistryClient(Options(null));
        client.GetManifest(server.Image);
        client.GetManifest(server.Image);
        Assert.Equal(2, Tokens(server));
        Assert.Equal(1, server.Requests.Count(one => !one.Path.StartsWith("/token", StringComparison.Ordinal) && one.Header("Authorization") is null));
    }

    /// <summary>One that the registry has forgotten early is replaced within the same request.</summary>
    [Fact]
    public void TokensAreForgotten()
    {
        int given = 0;
        HostileServer? server = null;
        using HostileServer owned = server = new HostileServer((request, number) => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? HostileServer.Reply(200, "{\"token\":\"t" + ++given + "\"}")
            : request.Header("Authorization") == (number > 4 ? "Bearer t2" : "Bearer t1") ? Good() : Want($"Bearer realm=\"http://{server!.Host}/token\""));
        using var client = new RegistryClient(Options(null));
        for (int i = 0; i < 4; i++)
            client.GetManifest(server.Image);
        Assert.Equal(2, given);
    }

    [Theory]
    [InlineData("{}", "gives no token that can be used")]
    [InlineData("[]", "gives no token that can be used")]
    [InlineData("nonsense", "gives no token that can be used")]
    [InlineData("""{"token":5}""", "gives no token that can be used")]
    [InlineData("""{"token":""}""", "gives no token that can be used")]
    [InlineData("""{"token":"a\r\nX-Evil: b"}""", "gives no token that can be used")]
    [InlineData("""{"token":"a b"}""", "gives no token that can be used")]
    [InlineData("""{"token":"\ud800"}""", "gives no token that can be used")]
    public void TokensThatAreNone(string body, string why)
    {
        using HostileServer server = TokenRegistry(_ => HostileServer.Reply(200, body));
        Assert.Contains($"its token service {server.Host} {why}", Error(server), StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Length);
    }

    [Theory]
    [InlineData(401, 1, "gives no token (status 401: no?); nobody is logged in: use bulkhead login")]
    [InlineData(403, 1, "gives no token (status 403: no?)")]
    [InlineData(404, 1, "answers status 404: no?")]
    [InlineData(302, 1, "answers status 302: no?")]
    [InlineData(503, 5, "answers status 503: no?")]
    [InlineData(429, 5, "answers status 429: no?")]
    public void TokenServicesThatRefuse(int status, int tokens, string why)
    {
        using HostileServer server = TokenRegistry(_ => HostileServer.Reply(status, """{"details":"no\u0007"}"""));
        Assert.Contains($"its token service {server.Host} {why}", Error(server), StringComparison.Ordinal);
        Assert.Equal(tokens, Tokens(server));
    }

    [Fact]
    public void TokensWithoutEnd()
    {
        using HostileServer server = TokenRegistry(_ => HostileServer.Endless("{\"token\":\"" + new string('x', 1 << 20)));
        Assert.EndsWith("its answer is longer than 262144 bytes", Error(server), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://192.0.2.1/token", "which is not HTTPS")]
    [InlineData("ftp://127.0.0.1/token", "which is no http(s) URL")]
    [InlineData("file:///etc/passwd", "which is no http(s) URL")]
    [InlineData("/token", "which is no http(s) URL")]
    [InlineData("https://user:pw@127.0.0.1/token", "which is no http(s) URL")]
    [InlineData("", "which is no http(s) URL")]
    public void RealmsThatAreNotAsked(string realm, string why)
    {
        using var server = new HostileServer((_, _) => Want($"Bearer realm=\"{realm}\""));
        Assert.Contains(why, Error(server, s_anna), StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void RedirectsToOthersCarryNothing()
    {
        using var other = new HostileServer((_, _) => Good());
        using var server = new HostileServer((request, _) => request.Header("Authorization") is null ? Want("Basic realm=\"x\"") : HostileServer.Reply(307, "", $"Location: http://{other.Host}/elsewhere?sig=1%2F2"));
        using var client = new RegistryClient(Options(s_anna));
        client.GetManifest(server.Image);
        Asked asked = Assert.Single(other.Requests);
        Assert.Null(asked.Header("Authorization"));
        Assert.Equal("/elsewhere?sig=1%2F2", asked.Path);
    }

    [Fact]
    public void RedirectsToItselfCarryIt()
    {
        using var server = new HostileServer((request, _) => request.Header("Authorization") is null ? Want("Basic realm=\"x\"")
            : request.Path == "/again" ? Good() : HostileServer.Reply(302, "", "Location: /again"));
        using var client = new RegistryClient(Options(s_anna));
        client.GetManifest(server.Image);
        Assert.Equal(s_basic, server.Requests[^1].Header("Authorization"));
    }

    /// <summary>Another host that wants to know who we are is not told.</summary>
    [Fact]
    public void OthersThatAskAreNotTold()
    {
        using var other = new HostileServer((_, _) => Want("Basic realm=\"x\""));
        using var server = new HostileServer((_, _) => HostileServer.Reply(307, "", $"Location: http://{other.Host}/elsewhere"));
        Assert.Contains("status 401", Error(server, s_anna), StringComparison.Ordinal);
        Assert.Null(Assert.Single(other.Requests).Header("Authorization"));
    }

    [Fact]
    public void RedirectsInCircles()
    {
        using var server = new HostileServer((_, number) => HostileServer.Reply(307, "", "Location: /again" + number));
        Assert.EndsWith("it redirects more than 5 times", Error(server), StringComparison.Ordinal);
        Assert.Equal(6, server.Requests.Length);
    }

    [Theory]
    [InlineData("https://r.example/", "https://r.example/v2/x", "https://cdn.example/y", true)]
    [InlineData("https://r.example/", "https://r.example/v2/x", "//cdn.example/y", true)]
    [InlineData("https://r.example/", "https://r.example/v2/x", "y", true)]
    [InlineData("https://r.example/", "https://r.example/v2/x", "http://r.example/y", false)]
    [InlineData("https://r.example/", "https://r.example/v2/x", "http://127.0.0.1/y", false)]
    [InlineData("https://r.example/", "https://r.example/v2/x", "http://localhost:5000/y", false)]
    [InlineData("https://r.example/", "https://r.example/v2/x", "ftp://cdn.example/y", false)]
    [InlineData("https://r.example/", "https://r.example/v2/x", "file:///etc/passwd", false)]
    [InlineData("https://r.example/", "https://r.example/v2/x", "https://a:b@cdn.example/y", false)]
    [InlineData("https://r.example/", "https://r.example/v2/x", "https://", false)]
    [InlineData("https://r.example/", "https://r.example/v2/x", null, false)]
    [InlineData("http://127.0.0.1:5000/", "http://127.0.0.1:5000/v2/x", "http://127.0.0.1:5000/y", true)]
    [InlineData("http://127.0.0.1:5000/", "http://127.0.0.1:5000/v2/x", "http://localhost:9000/y", true)]
    [InlineData("http://127.0.0.1:5000/", "http://127.0.0.1:5000/v2/x", "http://192.0.2.1/y", false)]
    [InlineData("http://127.0.0.1:5000/", "http://127.0.0.1:5000/v2/x", "https://cdn.example/y", true)]
    [InlineData("http://127.0.0.1:5000/", "https://cdn.example/y", "http://127.0.0.1:9000/y", false)]
    [InlineData("http://r.example/", "http://r.example/v2/x", "http://r.example/y", true)]
    [InlineData("http://r.example/", "http://r.example/v2/x", "http://127.0.0.1/y", false)]
    public void WhereRedirectsMayLead(string registry, string from, string? location, bool may)
    {
        var endpoint = new Endpoint("r.example", new Uri(registry), "");
        if (may)
            Assert.NotNull(Redirects.Next(endpoint, new Uri(from), location));
        else
            Assert.Equal(TransportFault.Final, Assert.Throws<TransportException>(() => Redirects.Next(endpoint, new Uri(from), location)).Fault);
    }

    [Fact]
    public void UploadsGoNoFurtherThanTheyMay()
    {
        using var other = new HostileServer((_, _) => HostileServer.Reply(201));
        using var server = new HostileServer((request, _) => request.Header("Authorization") is null ? Want("Basic realm=\"x\"")
            : request.Method == "HEAD" ? HostileServer.Reply(404) : HostileServer.Reply(202, "", $"Location: http://{other.Host}/there?state=a%2Bb"));
        byte[] content = Content.Bytes(100);
        using var client = new RegistryClient(Options(s_anna));
        client.PushBlob(server.Image, Content.Of(content), () => new System.IO.MemoryStream(content));
        Asked put = Assert.Single(other.Requests);
        Assert.Null(put.Header("Authorization"));
        Assert.Equal("/there?state=a%2Bb&digest=sha256%3A" + Content.Of(content).Digest["sha256:".Length..], put.Path);
        Assert.Equal(content, put.Body);

        using var away = new HostileServer((request, _) => request.Method == "HEAD" ? HostileServer.Reply(404) : HostileServer.Reply(202, "", "Location: http://192.0.2.1/there"));
        Assert.Contains("which is not HTTPS", Assert.Throws<StepException>(() => client.PushBlob(away.Image, Content.Of(content), () => new System.IO.MemoryStream(content))).Message, StringComparison.Ordinal);
    }

    /// <summary>An upload that breaks begins anew, from its first byte.</summary>
    [Fact]
    public void UploadsAreRepeated()
    {
        int puts = 0;
        using var server = new HostileServer((request, _) => request.Method switch
        {
            "HEAD" => HostileServer.Reply(404),
            "POST" => HostileServer.Reply(202, "", "Location: /up"),
            _ => ++puts switch { 1 => "", 2 => HostileServer.Reply(503), _ => HostileServer.Reply(201) },
        });
        byte[] content = Content.Bytes(100);
        using var client = new RegistryClient(Options(null));
        client.PushBlob(server.Image, Content.Of(content), () => new System.IO.MemoryStream(content));
        Assert.Equal(["HEAD", "POST", "PUT", "POST", "PUT", "POST", "PUT"], server.Requests.Select(one => one.Method));
        Assert.Equal(content, server.Requests[^1].Body);
    }

    public static TheoryData<string, string> Challenges => new()
    {
        { "Bearer realm=\"https://a/t\",service=\"s\",scope=\"a:b:c d:e:f\"", "Bearer https://a/t|s|a:b:c d:e:f" },
        { "bearer REALM=https://a/t , Service = \"s\"", "Bearer https://a/t|s|" },
        { "Basic realm=\"a, Bearer realm=b\"", "Basic a, Bearer realm=b||" },
        { "Basic realm=\"a\", Bearer realm=\"b\"", "Basic a||;Bearer b||" },
        { "Negotiate, Basic realm=\"q\\\"uo\\\\te\"", "Basic q\"uo\\te||" },
        { "Negotiate abc==, Basic realm=x", "" },
        { "Bearer realm=\"open", "Bearer ||" },
        { "Bearer realm=\"a\",realm=\"b\"", "Bearer a||" },
        { "Basic", "Basic ||" },
        { ",,,", "" },
        { "=", "" },
        { "\"", "" },
        { "", "" },
    };

    [Theory]
    [MemberData(nameof(Challenges))]
    public void ChallengesAreRead(string header, string read) =>
        Assert.Equal(read, string.Join(';', Challenge.Parse(header).Select(one => $"{(one.IsBearer ? "Bearer" : "Basic")} {one.Realm}|{one.Service}|{one.Scope}")));
}
