using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

public sealed class SecretTests
{
    private const string Text = "correct-horse-battery";

    [Theory]
    [InlineData("id=key,src={0}", "", "/run/secrets/key", "65532:65532 400")]
    [InlineData("key,src={0}", "--user 7:8", "/run/secrets/key", "7:8 400")]
    [InlineData("id=key,source={0},uid=65532,gid=9,mode=440", "", "/run/secrets/key", "65532:9 440")]
    [InlineData("id=key,src={0},target=/tmp/key", "--as-root", "/tmp/key", "0:0 400")]
    [InlineData("id=key,src={0},target=other", "--writable", "/run/secrets/other", "65532:65532 400")]
    public void ItsUserReadsIt(string secret, string flags, string path, string owner)
    {
        using var person = new Person();
        string[] words = ["run", "--rm", "--rootfs", SharedRoot.Path, "--secret", string.Format(System.Globalization.CultureInfo.InvariantCulture, secret, Source(person)),
            .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "/bin/sh", "-c", $"cat {path}; echo; stat -c '%u:%g %a' {path}; env | grep -c {Text}; ! echo x 2>/dev/null >{path}"];
        Assert.Equal($"{Text}\n{owner}\n0", person.Type(words).Ok());
    }

    [Fact]
    public void NobodyElseDoes()
    {
        using var person = new Person();
        person.Sleep("c1", "--secret", "id=key,src=" + Source(person));
        person.Type("exec", "--user", "7", "c1", "/bin/cat", "/run/secrets/key").Fails();
        Assert.Equal(Text, person.Type("exec", "c1", "/bin/cat", "/run/secrets/key").Ok());
        Assert.Contains("nosuid,nodev,noexec", person.Type("exec", "c1", "/bin/grep", "/run/secrets/key", "/proc/self/mountinfo").Ok(), StringComparison.Ordinal);
    }

    /// <summary>In none of the container's files on the disk, in no document; in memory only while it runs.</summary>
    [Theory]
    [InlineData("stop -t 0 c1")]
    [InlineData("rm -f c1")]
    [InlineData("kill c1")]
    public void ItIsWrittenNowhere(string end)
    {
        using var person = new Person();
        string source = Source(person), id = person.Sleep("c1", "--secret", "id=key,src=" + source);
        Assert.DoesNotContain(Text, person.Type("inspect", "c1").Ok(), StringComparison.Ordinal);
        Assert.Equal(source, Command.Run("sh", "-c", $"grep -rlF {Text} {person.Data} /run/bulkhead/{id}; true").Ok());
        string memory = Array.Find(["/run/bulkhead-secrets/" + id, "/dev/shm/bulkhead-secrets/" + id], Directory.Exists)!;
        Assert.Equal("700", Command.Run("stat", "-c", "%a", memory).Ok());
        Assert.Equal("tmpfs", Command.Run("stat", "-f", "-c", "%T", memory).Ok());
        person.Type(end.Split(' ')).Ok();
        if (end != "rm -f c1")
        {
            person.Type("wait", "c1").Ok();
            Assert.False(Directory.Exists(memory));
            File.WriteAllText(source, "changed");
            person.Type("start", "c1").Ok();
            Assert.Equal("changed", person.Type("exec", "c1", "/bin/cat", "/run/secrets/key").Ok());
            person.Type("rm", "-f", "c1").Ok();
        }
        Assert.False(Directory.Exists(memory));
    }

    [Theory]
    [InlineData("id=key,src=/no/such", "/no/such")]
    [InlineData("key", "src=FILE is missing")]
    [InlineData("id=key,src=/etc/hostname,type=env", "never a variable")]
    [InlineData("id=../x,src=/etc/hostname", "not a name")]
    [InlineData("id=key,src=/etc/hostname,colour=red", "colour=red")]
    [InlineData("id=key,src=/etc/hostname,mode=999", "mode is no octal")]
    [InlineData("id=key,src=/etc/hostname,uid=99999", "uid: '99999'")]
    [InlineData("id=key,src=/etc/hostname,target=../../x", "..")]
    [InlineData("id=key,src=/dev/zero", "larger than")]
    public void ABadOneIsRefused(string secret, string said)
    {
        using var person = new Person();
        Assert.Contains(said, person.Type("run", "--rm", "--rootfs", SharedRoot.Path, "--secret", secret, "/bin/true").Exits(125), StringComparison.Ordinal);
    }

    private static string Source(Person person)
    {
        string path = person.Data + "/source";
        File.WriteAllText(path, Text);
        return path;
    }
}
