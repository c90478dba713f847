using System.Buffers;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Oci.Tests.Generated;

namespace Bulkhead.Oci.Tests.Writer;

public sealed class ConfigWriterTests
{
    /// <summary>Nothing of a model is lost on the way through a document: what was read from one is read again from what was written.</summary>
    [Fact]
    public void What_is_written_is_read_again()
    {
        const int Count = 600, Least = 100;
        int tried = 0;
        for (int i = 0; i < Count; i++)
        {
            RuntimeConfig config;
            try
            {
                config = RuntimeConfigReader.Parse(Encoding.UTF8.GetBytes(ConfigGenerator.Create(i)), "config.json");
            }
            catch (StepException)
            {
                continue; // a value of the wrong kind: no model
            }
            byte[] written = Write(config);
            RuntimeConfig again = RuntimeConfigReader.Parse(written, "config.json");
            Normalize(config);
            Normalize(again);
            Assert.Equivalent(config, again, strict: true);
            Assert.Equal(written, Write(again));
            tried++;
        }
        Assert.InRange(tried, Least, Count);
    }

    /// <summary>An empty text and an absent one mean the same everywhere: only one of them is written.</summary>
    private static void Normalize(RuntimeConfig config)
    {
        config.Hostname = config.Hostname is "" ? null : config.Hostname;
        config.Domainname = config.Domainname is "" ? null : config.Domainname;
        foreach (Mount mount in config.Mounts)
        {
            mount.Type = mount.Type is "" ? null : mount.Type;
            mount.Source = mount.Source is "" ? null : mount.Source;
        }
        if (config.Linux is not { } linux)
            return;
        linux.CgroupsPath = linux.CgroupsPath is "" ? null : linux.CgroupsPath;
        linux.RootfsPropagation = linux.RootfsPropagation is "" ? null : linux.RootfsPropagation;
        linux.MountLabel = linux.MountLabel is "" ? null : linux.MountLabel;
        foreach (LinuxNamespace ns in linux.Namespaces)
            ns.Path = ns.Path is "" ? null : ns.Path;
    }

    private static byte[] Write(RuntimeConfig config)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ConfigWriter.Write(buffer, config);
        return buffer.WrittenSpan.ToArray();
    }
}
