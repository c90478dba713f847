using System;
using System.IO;
using Bulkhead.ImageTests;
using Bulkhead.TestSupport;

namespace Bulkhead.Chaos;

/// <summary>An image of three small layers, in a real registry and as an archive.</summary>
internal sealed class ImageOrigin : IDisposable
{
    private readonly TempFolder folder = new("ik");
    private readonly RegistryDaemon registry = new();

    public ImageOrigin()
    {
        string root = folder.Make("root");
        foreach (string name in (string[])["bin", "etc", "proc", "sys", "dev", "tmp", "run", "gone"])
            Directory.CreateDirectory(root + "/" + name);
        Assert.Equal(0, Ran.Run("cp", "/bin/busybox", root + "/bin").Status);
        foreach (string program in (string[])["true", "sleep", "touch"])
            File.CreateSymbolicLink(root + "/bin/" + program, "busybox");
        Layout layout = new Layout(folder["layout"]).Add(root).Add(("etc/one", "one"), ("opt/deep/two", new string('2', 70_000)), ("gone/.wh..wh..opq", "")).Add(("etc/.wh.one", ""), ("etc/three", "3"));
        Image = registry.Host + "/killed:1";
        Digest = layout.Finish(Image);
        TestSupport.Command.Run("skopeo", "copy", "-q", "--preserve-digests", "--dest-tls-verify=false", $"oci:{layout.Folder}:latest", "docker://" + Image).Ok();
        TestSupport.Command.Run("tar", "-C", layout.Folder, "-cf", Archive, "index.json", "oci-layout", "blobs").Ok();
    }

    /// <summary>The same name in both.</summary>
    public string Image { get; }

    public string Digest { get; }

    public string Archive => folder["archive.tar"];


    public void Dispose()
    {
        registry.Dispose();
        folder.Dispose();
    }
}
