using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>User names for `list`: /etc/passwd by hand, since a static binary cannot load name service modules.</summary>
internal static class Owners
{
    private const int MaxSize = 1 << 20;

    public static string Name(uint uid)
    {
        if (uid == 0)
            return "root";
        string number = uid.ToString(CultureInfo.InvariantCulture);
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, "/etc/passwd", Fcntl.O_RDONLY);
        if (!opened.Ok)
            return "#" + number;
        using Fd file = opened.Value;
        Result<byte[]> bytes = Sys.ReadFile(file, MaxSize);
        foreach (string line in (bytes.Ok ? Encoding.UTF8.GetString(bytes.Value) : "").Split('\n'))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && fields[2] == number)
                return fields[0];
        }
        return "#" + number;
    }
}
