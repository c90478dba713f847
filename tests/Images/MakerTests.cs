using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>Images that are built: a Containerfile by buildah, a root file system by mmdebstrap.</summary>
public sealed class MakerTests : IDisposable
{
    private readonly Person _person = new();
    private readonly TempFolder _folder = new("mk");

    [Fact]
    public void WhatBuildahBuildsRuns()
    {
        using var made = new BusyboxImage();
        File.Copy(made.Layer, _folder["root.tar"]);
        _folder.Write("words", "from a build\n");
        _folder.Write("Containerfile", """
            FROM scratch
            ADD root.tar /
            ENV GREETING=hello
            RUN mkdir /srv && echo keeper:x:1234:1234::/srv:/bin/sh >>/etc/passwd && rm /etc/not-executable
            COPY --chown=keeper words /srv/words
            LABEL made.by=buildah
            USER keeper
            WORKDIR /srv
            STOPSIGNAL SIGINT
            ENTRYPOINT ["/bin/sh", "-c"]
            CMD ["echo $GREETING; cat words; id -u; stat -c %U words; test -e /etc/not-executable || echo gone"]
            """);
        Buildah("build", "-q", "--isolation", "chroot", "--network", "host", "-t", "localhost/built:1", _folder.FullPath).Ok();
        foreach (string transport in (string[])["docker-archive", "oci-archive", "oci"])
        {
            string file = _folder["to-" + transport];
            Buildah("push", "-q", "localhost/built:1", $"{transport}:{file}:{(transport == "oci" ? "" : "localhost/built:")}1").Ok();
            using var person = new Person();
            // A layout knows tags only.
            person.Type(["load", "-q", .. transport == "oci" ? (string[])["--name", "localhost/built"] : [], "-i", file]).Ok();
            Assert.Equal("hello\nfrom a build\n1234\nkeeper\ngone", person.Run("localhost/built:1"));
            Assert.Equal("buildah SIGINT", person.Type("image", "inspect", "-f", "{{index .Config.Labels \"made.by\"}} {{.Config.StopSignal}}", "localhost/built:1").Ok());
        }
    }

    /// <summary>From the packages that eng/make-rootfs.sh has fetched: no network.</summary>
    [Fact]
    public void ADebianTarRuns()
    {
        string tree = Command.Run(Repository.Root + "/eng/make-rootfs.sh", "debian").Ok().Trim();
        Command.Run("tar", "-C", tree, "--numeric-owner", "--xattrs", "-cf", _folder["debian.tar"], ".").Ok();
        _person.Type("import", _folder["debian.tar"], "localhost/debian:12").Ok();
        Assert.StartsWith("12.", _person.Run("localhost/debian:12", "cat", "/etc/debian_version"), StringComparison.Ordinal);
        Assert.Equal("4755 0", _person.Run("localhost/debian:12", "stat", "-c", "%a %u", "/usr/bin/passwd"));
    }

    public void Dispose()
    {
        _person.Dispose();
        _folder.Dispose();
    }

    private Outcome Buildah(params string[] words) => Command.Run(
        ["buildah", "--root", _folder["store"], "--runroot", _folder["run"], "--storage-driver", "vfs", .. words], "", new Dictionary<string, string> { ["BUILDAH_FORMAT"] = "oci", ["TMPDIR"] = _folder.Make("tmp") });
}
