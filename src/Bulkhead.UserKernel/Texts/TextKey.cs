using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Texts;

/// <summary>Part of a file, as it is now: a file that is written to has another one from then on.</summary>
internal readonly record struct TextKey
{
    public const int PageSize = 4096;

    public required ulong Device { get; init; }

    public required ulong Inode { get; init; }

    public required long Size { get; init; }

    public required (long Seconds, long Nanoseconds) Modified { get; init; }

    public required (long Seconds, long Nanoseconds) Changed { get; init; }

    public required ulong Offset { get; init; }

    public required ulong Length { get; init; }

    public static TextKey Of(in stat status, ulong offset, ulong length) => new()
    {
        Device = status.st_dev,
        Inode = status.st_ino,
        Size = status.st_size,
        Modified = (status.st_mtime, status.st_mtime_nsec),
        Changed = (status.st_ctime, status.st_ctime_nsec),
        Offset = offset,
        Length = length,
    };

    /// <summary>All its pages are there: others are a fault in the file's own mapping.</summary>
    public bool IsWithinFile => Offset < (ulong)Size && Length <= ((ulong)Size + PageSize - 1 & ~(ulong)(PageSize - 1)) - Offset;
}
