using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>A configuration that may be planned: parsed, valid, within policy.</summary>
public sealed record LoadedConfig(RuntimeConfig Config, byte[] Bytes, JudgedSources Sources, string Isolation);

public static class ConfigLoader
{
    private const string FileName = "config.json";

    /// <summary>runc reads any size; this is a hundred times the largest that engines write.</summary>
    private const int MaxSize = 16 << 20;

    public static LoadedConfig Load(CreateRequest request)
    {
        string file = request.Plan.Bundle + "/" + FileName;
        // O_NONBLOCK: a fifo or a device in its place must not keep us waiting.
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, file, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK);
        if (opened.Error == Errno.ENOENT)
            throw new StepException($"JSON specification file {file} not found: make one with the spec command, or name the bundle with --bundle");
        using Fd fd = opened.OrThrow("open", file);
        if ((Sys.Fstat(fd).OrThrow("stat", file).st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
            throw new StepException($"{file} is not a regular file");
        Result<byte[]> read = Sys.ReadFile(fd, MaxSize);
        if (read.Error == Errno.EFBIG)
            throw new StepException($"{file} is larger than {MaxSize >> 20} MiB");
        byte[] bytes = read.OrThrow("read", file);
        RuntimeConfig config = RuntimeConfigReader.Parse(bytes, file);
        ConfigValidator.Validate(config, file, Options(request));
        string isolation = IsolationChoice.Of(config, request.ProgramName);
        // Here, for every caller: no engine can go round it.
        JudgedSources sources = Policy.Load(request.PolicyFile).Apply(config, request.Plan.Bundle, IsolationChoice.Tier(isolation));
        return new LoadedConfig(config, bytes, sources, isolation);
    }

    /// <summary>The copy in the state folder; null when it is not there.</summary>
    public static RuntimeConfig? Saved(StateFolder folder)
    {
        byte[]? bytes = folder.LoadConfig();
        return bytes is null ? null : RuntimeConfigReader.Parse(bytes, folder.Path + "/" + FileName);
    }

    private static ValidateOptions Options(CreateRequest request)
    {
        var options = ValidateOptions.None;
        if (request.Plan.SystemdCgroup)
            options |= ValidateOptions.SystemdCgroup;
        if (request.Plan.NoPivot)
            options |= ValidateOptions.NoPivot;
        if (Sys.GetEuid() != 0)
            options |= ValidateOptions.Rootless;
        return options;
    }
}
