using System.Buffers;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.OciCli.Verbs;

internal static class SpecVerb
{
    private const uint FileMode = 0x1A4; // 0644

    public static Verb Verb => new(
        "spec", "[options]", "write a config.json to start from",
        [new("bundle", "b", "DIR", "where to (default: the current directory)"), new("rootless", "", "", "for a caller that is not root")],
        (0, 0), Run, ["bulkhead-oci spec", "bulkhead-oci spec --bundle /var/lib/web --rootless"]);

    private static int Run(Invocation call)
    {
        string path = (call.Line.Get("bundle") is { Length: > 0 } bundle ? bundle.TrimEnd('/') + "/" : "") + "config.json";
        var buffer = new ArrayBufferWriter<byte>(8192);
        SpecWriter.Write(buffer, call.Line.Has("rootless"), Sys.GetEuid(), Sys.GetEgid());
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, FileMode);
        if (opened.Error == Errno.EEXIST)
            throw new StepException($"file {path} exists: remove it first");
        using Fd file = opened.OrThrow("write", path);
        Errno error = Sys.WriteAll(file, buffer.WrittenSpan);
        return error == Errno.None ? 0 : throw new StepException("write", error, path);
    }
}
