using System;

namespace Bulkhead.Images.Unpack;

/// <summary>Which extended attributes of a tar a file gets.</summary>
internal static class AttributeRules
{
    /// <summary>
    /// overlayfs reads these from every layer: a stranger who set them would redirect names to other directories and files (redirect, metacopy), which no tar may say. Runtimes keep
    /// owners in user.containers.*.
    /// </summary>
    private static ReadOnlySpan<byte> Overlay => "user.overlay."u8;

    private static ReadOnlySpan<byte> Containers => "user.containers."u8;

    /// <summary>security.ima, security.selinux and the others are the host's to say; trusted.* and system.* too.</summary>
    /// <param name="name">With its NUL.</param>
    /// <param name="plain">For a plain user, who sets no capabilities.</param>
    public static bool Takes(ReadOnlySpan<byte> name, bool plain) =>
        (!plain && name.SequenceEqual("security.capability\0"u8)) || (name.StartsWith("user."u8) && !name.StartsWith(Overlay) && !name.StartsWith(Containers));
}
