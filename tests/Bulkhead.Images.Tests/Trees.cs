using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

/// <summary>What stat, readlink and getfattr say of a tree.</summary>
internal static class Trees
{
    /// <summary>A line an entry: name, type and mode, owner, size, links, device, mtime to the nanosecond, link's text; then attributes and contents.</summary>
    public static string List(string tree) => Command.Run("bash", "-c", """
        cd "$1" || exit 1
        find . -printf '%p %M %#m %U:%G %n %T@ %l' \( -type d -printf ' dir\n' -o -type c -exec stat -c ' %t:%T' {} \; -o -printf ' %s\n' \) | LC_ALL=C sort
        find . ! -type l -print0 | LC_ALL=C sort -z | xargs -0 getfattr -h -d -m - -e hex --absolute-names 2>/dev/null
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
        """, "list", tree).Ok();
}
