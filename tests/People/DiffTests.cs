using System;
using System.Text.Json;

namespace Bulkhead.People;

public sealed class DiffTests
{
    private const string Changes = "echo x >/made; mkdir -p /new/below; touch /new/below/file; echo x >>/etc/passwd; rm /etc/group; rm -r /var; mkdir /var; touch /var/mine; rm -r /root; touch '/bad\u001b[2J'";
    private const string Expected = "A /bad?[2J\nC /etc\nD /etc/group\nC /etc/passwd\nA /made\nA /new\nA /new/below\nA /new/below/file\nD /root\nC /var\nA /var/mine";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LettersAreDockers(bool running)
    {
        using var person = new Person();
        if (running)
        {
            person.Sleep("c1", "--writable", "--as-root", "-v", "vol:/data");
            person.Type("exec", "c1", "/bin/sh", "-c", Changes).Ok();
        }
        else
            person.Ended("c1", Changes, "--writable", "--as-root", "-v", "vol:/data");
        Assert.Equal(Expected, person.Type("diff", "c1").Ok());
        JsonElement document = JsonDocument.Parse(person.Type("diff", "--format", "json", "c1").Ok()).RootElement;
        Assert.Equal(["/etc/group", "/root"], Array.ConvertAll([.. document.GetProperty("deleted").EnumerateArray()], path => path.GetString()));
    }

    /// <summary>A directory of the same name in the place of one that was removed hides all that was in it.</summary>
    [Fact]
    public void AnOpaqueDirectoryHidesWhatWasThere()
    {
        using var person = new Person();
        person.Ended("c1", "cp /bin/busybox /tmp; /tmp/busybox rm -r /bin; /tmp/busybox mkdir /bin; /tmp/busybox touch /bin/sh", "--writable", "--as-root");
        string[] lines = person.Type("diff", "c1").Ok().Split('\n');
        Assert.Contains("D /bin/catatonit", lines);
        Assert.Contains("C /bin/sh", lines);
    }

    /// <summary>Mount points that the runtime made are nobody's change.</summary>
    [Theory]
    [InlineData("create")]
    [InlineData("read-only")]
    [InlineData("writable")]
    public void NothingChanged(string kind)
    {
        using var person = new Person();
        string[] flags = kind == "writable" ? ["--writable"] : [];
        if (kind == "create")
            person.Type("create", "--name", "c1", "--rootfs", SharedRoot.Path, "/bin/true").Ok();
        else
            person.Ended("c1", "true", [.. flags, "-v", "vol:/missing/deep/data"]);
        Assert.Equal("", person.Type("diff", "c1").Ok());
    }

    [Theory]
    [InlineData("{{.Kind}}={{.Path}}", "A=/a?b\nC=/etc\nD=/etc/group")]
    [InlineData("table {{.Path}}\\t{{.Kind}}", "PATH         KIND\n/a?b         A\n/etc         C\n/etc/group   D")]
    [InlineData("table", "KIND   PATH\nA      /a?b\nC      /etc\nD      /etc/group")]
    [InlineData("{{json .}}", "{\"Kind\":\"A\",\"Path\":\"/a?b\"}\n{\"Kind\":\"C\",\"Path\":\"/etc\"}\n{\"Kind\":\"D\",\"Path\":\"/etc/group\"}")]
    public void Formats(string format, string expected)
    {
        using var person = new Person();
        person.Ended("c1", "touch '/a\u001bb'; rm /etc/group", "--writable", "--as-root");
        Assert.Equal(expected, person.Type("diff", "--format", format, "c1").Ok());
        Assert.Contains("'X'", person.Type("diff", "--format", "{{.X}}", "c1").Exits(1), StringComparison.Ordinal);
    }
}
