using System;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>Debian's servers and languages as `run IMAGE`: what runs untouched, and the one flag for what does not (docs/images.md, "Real images").</summary>
public sealed class RealImageTests(RealImages images) : IClassFixture<RealImages>
{
    /// <summary>Programs that do their work and end.</summary>
    [Theory]
    [InlineData("debian", "sh -c", "cat /etc/debian_version; dpkg -l base-files | tail -n 1 | cut -c 1-15; id -u", "12.\nii  base-files \n65532")]
    [InlineData("python", "python3 -c", "import hashlib, json, subprocess; print(json.dumps(subprocess.check_output(['id', '-u']).decode()), hashlib.sha256(b'x').hexdigest()[:8])", "\"65532\\n\" 2d711642")]
    [InlineData("node", "node -e", "setTimeout(() => console.log(process.getuid(), require('crypto').createHash('md5').update('x').digest('hex').slice(0, 8)), 10)", "65532 9dd4e461")]
    [InlineData("openjdk", "sh -c", "keytool -genkeypair -keyalg EC -alias a -dname CN=x -storepass changeit -keystore /tmp/k 2>/dev/null; keytool -list -storepass changeit -keystore /tmp/k | grep -c PrivateKeyEntry", "1")]
    public void ALanguage(string image, string program, string script, string wanted)
    {
        Outcome ran = images.Person.Type(["run", "--rm", "-q", RealImages.Name(image), .. program.Split(' '), script]);
        Assert.Matches("^" + System.Text.RegularExpressions.Regex.Escape(wanted).Replace("12\\.", "12\\.[0-9]+", StringComparison.Ordinal) + "$", ran.Ok());
    }

    /// <summary>The image's own command, with nothing after its name.</summary>
    [Fact]
    public void ACommandOfTheImage() => Assert.Contains("openjdk version \"17.", images.Person.Type("run", "--rm", "-q", RealImages.Name("openjdk")) is var ran ? ran.Ok() + ran.Err : "", StringComparison.Ordinal);

    /// <summary>Servers: a client works with them from inside, and `stop` ends them by the image's signal with status 0.</summary>
    [Theory]
    [InlineData("redis", "", "redis-cli ping", "redis-cli set a kept; redis-cli get a; pwd", "OK\nkept\n/data")]
    [InlineData("redis", "--as-root --writable", "redis-cli ping", "redis-cli set a kept; redis-cli get a; ps -C redis-server -o user=", "OK\nkept\nredis")]
    [InlineData("nginx", "--tmpfs /var/lib/nginx", "curl -s -o /dev/null 127.0.0.1", "curl -s 127.0.0.1 | grep -c '<title>Welcome to nginx'; ps -C nginx -o uid= | sort -u", "1\n65532")]
    [InlineData("postgres", "-e POSTGRES_PASSWORD=x", "pg_isready -q -h 127.0.0.1", "psql -U postgres -qAt -c 'create table t(a int)' -c 'insert into t values(7)' -c 'select a from t' app", "7")]
    public void AServer(string image, string flags, string ready, string work, string wanted)
    {
        string id = images.Person.Type(["run", "-d", "-q", .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), RealImages.Name(image)]).Ok().Trim();
        try
        {
            Poll.Until("the server", () => Inside(id, ready).ExitCode == 0 || Status(id) != "running");
            Assert.True(Status(id) == "running", images.Person.Type("logs", id) is var said ? said.Out + said.Err : "");
            Assert.Equal(wanted, Trimmed(Inside(id, work).Ok()));
            if (image == "redis")
                Poll.Until("its check", () => images.Person.Type("ps").Ok().Contains("(healthy)", StringComparison.Ordinal));
            images.Person.Type("stop", id).Ok();
            Assert.Equal("0", images.Person.Type("wait", id).Ok());
        }
        finally
        {
            images.Person.Type("rm", "-f", "-v", id).Ok();
        }
    }

    /// <summary>What its root file system must take, and may not, is said by the server; the flag of the row above mends it.</summary>
    [Fact]
    public void NginxSaysWhatItLacks()
    {
        Outcome ran = images.Person.Type("run", "--rm", "-q", RealImages.Name("nginx"));
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("mkdir() \"/var/lib/nginx/body\" failed (30: Read-only file system)", ran.Out + ran.Err, StringComparison.Ordinal);
    }

    /// <summary>The large layer is there once, whatever number of images has it.</summary>
    [Fact]
    public void TheyShareALayerOfOverAGigabyte()
    {
        foreach (string image in (string[])["python", "node"])
            images.Person.Type("pull", "-q", RealImages.Name(image)).Ok();
        string Layer(string image) => images.Person.Inspect(RealImages.Name(image)).GetProperty("RootFS").GetProperty("Layers")[0].GetString()!;
        Assert.Equal(Layer("python"), Layer("node"));
        Assert.InRange(images.Person.Inspect(RealImages.Name("python")).GetProperty("Size").GetInt64(), 500_000_000, 5_000_000_000);
        Outcome again = images.Person.Type("pull", RealImages.Name("openjdk"));
        Assert.DoesNotContain("Unpacking", again.Err, StringComparison.Ordinal);
    }

    private static string Trimmed(string text) => string.Join('\n', Array.ConvertAll(text.Split('\n'), line => line.Trim()));

    private Outcome Inside(string id, string script) => images.Person.Type("exec", id, "/bin/sh", "-c", script);

    private string Status(string id)
    {
        using JsonDocument document = JsonDocument.Parse(images.Person.Type("inspect", id).Ok());
        return document.RootElement[0].GetProperty("State").GetProperty("Status").GetString()!;
    }
}
