using System.Text;
using Bulkhead.Linux;

namespace Bulkhead.Cli;

/// <summary>Standard output. A reader that went away (head, a closed pager) ends the command, as it ends others.</summary>
internal static class Output
{
    public static void Line(string text) => Write(text + "\n");

    public static void Write(string text)
    {
        Errno error = Sys.WriteAll(Fd.Borrow(1), Encoding.UTF8.GetBytes(text));
        if (error != Errno.None)
            throw new StepException("write to standard output", error);
    }
}
