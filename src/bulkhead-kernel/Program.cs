using System;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.UserKernel;

namespace Bulkhead.KernelCli;

/// <summary>The kernel of one sandbox: started by a tier, inside the sandbox's namespaces. Everything it must know is in its arguments.</summary>
internal static class Program
{
    private const int InternalError = 125;

    private static int Main(string[] args)
    {
        try
        {
            string[] words = KernelOptions.WithNice(KernelOptions.WithEnvironment(args));
            return words is [Attachment.Word, { } control, ..] ? new Attachment(control).Run(words[2..]) : new Kernel(KernelOptions.Parse(words)).Run();
        }
        catch (GuestStartException error)
        {
            return Say(error.Message, error.Status);
        }
        catch (Exception error) when (error is StepException or FormatException)
        {
            return Say(error.Message, InternalError);
        }
    }

    private static int Say(string text, int status)
    {
        Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes(text + "\n"));
        return status;
    }
}
