using System;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>docker save and docker load with bulkhead's load and save.</summary>
[Collection(nameof(DockerGroup))]
public sealed class DockerImageTests(DockerEngine docker) : IClassFixture<CleanAfter<DockerEngine>>
{
    [Fact]
    public void WhatDockerSavesRuns()
    {
        using var ours = new OurImages();
        const string Made = "localhost/made:1";
        docker.Run("run", "--name", "maker", "--network", "none", BusyboxImage.Shell, "/bin/sh", "-c", "mkdir /opt; echo made >/opt/made; rm /etc/group").Ok();
        docker.Run("commit", "-c", "CMD [\"/bin/sh\", \"-c\", \"cat made; test -e /etc/group || echo gone; echo $A\"]", "-c", "ENV A=b", "-c", "WORKDIR /opt", "maker", Made).Ok();
        docker.Run("rm", "maker").Ok();
        docker.Run("save", "-o", ours["saved.tar"], Made).Ok();
        ours.Do("load", "-q", "-i", ours["saved.tar"]);
        Assert.Equal("made\ngone\nb", ours.Run(Made));
        string layers = docker.Inspect(Made, "{{json .RootFS.Layers}}");
        Assert.Equal(docker.Inspect(Made, "{{.Id}}") + " " + layers, ours.Identity(Made));
        docker.Run("rmi", Made).Ok();
    }

    [Fact]
    public void WhatWeSaveDockerRuns()
    {
        using var image = new BusyboxImage();
        using var ours = new OurImages();
        ours.Do("import", "-c", "CMD [\"/bin/echo\", \"from bulkhead\"]", image.Layer, "localhost/ours:1");
        ours.Do("save", "-o", ours["ours.tar"], "localhost/ours:1");
        Assert.Contains("Loaded image: localhost/ours:1", docker.Run("load", "-i", ours["ours.tar"]).Ok(), StringComparison.Ordinal);
        Assert.Equal("from bulkhead", docker.RunContainer("localhost/ours:1").Ok());
        Assert.StartsWith(docker.Inspect("localhost/ours:1", "{{.Id}}") + " ", ours.Identity("localhost/ours:1"), StringComparison.Ordinal);
        docker.Run("rmi", "localhost/ours:1").Ok();
    }
}

/// <summary>The same with podman, in each of its formats.</summary>
[Collection(nameof(PodmanGroup))]
public sealed class PodmanImageTests(PodmanEngine podman) : IClassFixture<CleanAfter<PodmanEngine>>
{
    [Theory]
    [InlineData("docker-archive")]
    [InlineData("oci-archive")]
    [InlineData("oci-dir")]
    public void WhatPodmanSavesRuns(string format)
    {
        using var ours = new OurImages();
        podman.Run("save", "-q", "--format", format, "-o", ours["saved"], BusyboxImage.Shell).Ok();
        ours.Do(["load", "-q", .. format == "oci-dir" ? (string[])["--name", BusyboxImage.Shell] : [], "-i", ours["saved"]]);
        Assert.Equal("hello", ours.Run(BusyboxImage.Shell, "/bin/echo", "hello"));
        if (format == "docker-archive")
            Assert.StartsWith("sha256:" + podman.Run("image", "inspect", "--format", "{{.Id}}", BusyboxImage.Shell).Ok() + " ", ours.Identity(BusyboxImage.Shell), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docker-archive")]
    [InlineData("oci-archive")]
    public void WhatWeSavePodmanRuns(string format)
    {
        using var image = new BusyboxImage();
        using var ours = new OurImages();
        ours.Do("import", "-c", "CMD [\"/bin/echo\", \"from bulkhead\"]", image.Layer, "localhost/ours:1");
        ours.Do("save", "--format", format, "-o", ours["ours.tar"], "localhost/ours:1");
        podman.Run("load", "-q", "-i", ours["ours.tar"]).Ok();
        Assert.Equal("from bulkhead", podman.RunContainer("localhost/ours:1").Ok());
        Assert.StartsWith("sha256:" + podman.Run("image", "inspect", "--format", "{{.Id}}", "localhost/ours:1").Ok() + " ", ours.Identity("localhost/ours:1"), StringComparison.Ordinal);
        podman.Run("rmi", "localhost/ours:1").Ok();
    }
}

/// <summary>The same with containerd's ctr.</summary>
[Collection(nameof(ContainerdGroup))]
public sealed class CtrImageTests(ContainerdEngine containerd) : IClassFixture<CleanAfter<ContainerdEngine>>
{
    [Fact]
    public void WhatCtrExportsRuns()
    {
        using var ours = new OurImages();
        containerd.Run("images", "export", ours["exported.tar"], BusyboxImage.Shell).Ok();
        ours.Do("load", "-q", "-i", ours["exported.tar"]);
        Assert.Equal("hello", ours.Run(BusyboxImage.Shell, "/bin/echo", "hello"));
    }

    [Theory]
    [InlineData("docker-archive")]
    [InlineData("oci-archive")]
    public void WhatWeSaveCtrRuns(string format)
    {
        using var image = new BusyboxImage();
        using var ours = new OurImages();
        ours.Do("import", image.Layer, "localhost/ours:1");
        ours.Do("save", "--format", format, "-o", ours["ours.tar"], "localhost/ours:1");
        containerd.Run("images", "import", ours["ours.tar"]).Ok();
        Assert.Contains("localhost/ours:1", containerd.Run("images", "ls", "-q").Ok(), StringComparison.Ordinal);
        string[] words = ContainerdEngine.Container(["--rm"], "exchange-" + format, "/bin/echo", "from bulkhead");
        words[Array.IndexOf(words, BusyboxImage.Shell)] = "localhost/ours:1";
        Assert.Equal("from bulkhead", containerd.Run(words).Ok());
        containerd.Run("images", "rm", "localhost/ours:1").Ok();
    }
}
