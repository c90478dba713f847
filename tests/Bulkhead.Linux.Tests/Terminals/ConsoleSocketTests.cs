using System.IO;
using System.Net.Sockets;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Terminals;

namespace Bulkhead.Linux.Tests.Terminals;

public sealed class ConsoleSocketTests
{
    [Theory]
    [InlineData("s")]
    [InlineData("a-folder-whose-name-makes-the-path-of-the-socket-longer-than-the-one-hundred-and-eight-bytes-that-a-socket-address-holds-altogether")]
    public void A_descriptor_and_its_name_arrive(string folder)
    {
        string root = Directory.CreateTempSubdirectory("bulkhead").FullName;
        try
        {
            using var listener = new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(root + "/sock"));
            listener.Listen(1);
            Directory.CreateDirectory($"{root}/{folder}");
            File.Move(root + "/sock", $"{root}/{folder}/sock");

            using Fd socket = ConsoleSocket.Connect($"{root}/{folder}/sock");
            using (Fd file = Sys.OpenAt(Fd.Cwd, "/proc/self/status", Fcntl.O_RDONLY).OrThrow("open"))
                ConsoleSocket.Send(socket, file, "/dev/ptmx");

            using System.Net.Sockets.Socket accepted = listener.Accept();
            byte[] data = new byte[64];
            int length = Sys.ReceiveFd(Fd.Borrow((int)accepted.Handle), data, out Fd received).OrThrow("receive");
            using (received)
            {
                Assert.Equal("/dev/ptmx", Encoding.UTF8.GetString(data, 0, length));
                Assert.Equal(1, Sys.FileControl(received, Fcntl.F_GETFD).OrThrow("flags") & Fcntl.FD_CLOEXEC);
                Assert.True(Sys.Read(received, data).OrThrow("read") > 0);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Nobody_listening_is_named() => Assert.Equal(
        "connect to the socket /no/such.sock: no such file or directory",
        Assert.Throws<StepException>(() => ConsoleSocket.Connect("/no/such.sock").Dispose()).Message);
}
