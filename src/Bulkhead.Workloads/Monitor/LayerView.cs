using System;
using System.Collections.Generic;
using System.Text;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Users;

namespace Bulkhead.Workloads.Monitor;

/// <summary>
/// What a caller without root and its helper say to each other about a view of layers: a path in each packet (they are too many for a command line) and a last one with a NUL; then the
/// mount's descriptor, or why there is none. A detached mount stays as long as somebody holds it, and needs no mount namespace to be read through.
/// </summary>
public static class LayerView
{
    private const int MaxPacket = 4096;
    private const string End = "\0";

    internal static Fd Ask(Fd helper, IReadOnlyList<string> layers)
    {
        // Who ended early has answered why.
        foreach (string layer in (string[])[.. layers, End])
            Sys.Send(helper, Encoding.UTF8.GetBytes(layer));
        Span<byte> answer = stackalloc byte[MaxPacket];
        Result<int> received = Sys.ReceiveFd(helper, answer, out Fd view);
        // It answered and ended without having read all of this: the host tells of that first, and of the answer when it is asked again.
        if (received.Error == Errno.ECONNRESET)
            received = Sys.ReceiveFd(helper, answer, out view);
        int length = received.OrThrow("receive the view of", layers[0]);
        if (view.Value >= 0)
            return view;
        view.Dispose();
        throw new StepException(length > 0 ? Encoding.UTF8.GetString(answer[..length]) : $"look into the image's layers ({layers[0]}): bulkhead-monitor ended");
    }

    /// <summary>The helper's side.</summary>
    public static void Give(Fd caller)
    {
        try
        {
            UserEntry.Check();
            using Fd view = OverlayMount.View(Receive(caller));
            Errno error = Sys.SendFd(caller, view, "view"u8);
            if (error != Errno.None)
                throw new StepException("pass on the view of layers", error);
        }
        catch (StepException failure)
        {
            Sys.WriteAll(caller, Encoding.UTF8.GetBytes(failure.Message));
        }
    }

    private static string[] Receive(Fd caller)
    {
        var layers = new List<string>();
        Span<byte> packet = stackalloc byte[MaxPacket];
        for (; ; )
        {
            int length = Sys.Read(caller, packet).OrThrow("read the paths of layers");
            string layer = Encoding.UTF8.GetString(packet[..length]);
            if (layer == End)
                return layers.ToArray();
            if (length == 0 || layers.Count == OverlayMount.MaxLayers)
                throw new StepException("the paths of layers did not come whole");
            layers.Add(layer);
        }
    }
}
