using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Sockets;
using Bulkhead.Engines.Cri;
using Bulkhead.TestSupport;
using Grpc.Net.Client;

namespace Bulkhead.Engines;

/// <summary>containerd as a kubelet sees it: its CRI plugin over gRPC.</summary>
public sealed class CriEngine : ContainerdEngine
{
    private readonly GrpcChannel _channel;
    private readonly RuntimeService.RuntimeServiceClient _runtime;
    private int _pods;

    public CriEngine(BusyboxImage image)
        : base(image)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Address), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler });
        _runtime = new RuntimeService.RuntimeServiceClient(_channel);
        Folder.Make("logs");
    }

    /// <summary>The configuration of a pod whose name no other has.</summary>
    public PodSandboxConfig Pod(NamespaceOption namespaces, bool privileged = false)
    {
        string name = $"pod{++_pods}";
        return new PodSandboxConfig
        {
            Metadata = new PodSandboxMetadata { Name = name, Namespace = "default", Uid = $"{Folder.Name}-{name}" },
            Hostname = namespaces?.Network == NamespaceMode.Node ? "" : name,
            LogDirectory = Folder["logs"],
            Linux = new LinuxPodSandboxConfig
            {
                CgroupParent = "/" + CgroupParent,
                SecurityContext = new LinuxSandboxSecurityContext { NamespaceOptions = namespaces, Privileged = privileged },
            },
        };
    }

    public string RunPod(PodSandboxConfig pod, string handler = "bulkhead") => _runtime.RunPodSandbox(new RunPodSandboxRequest { Config = pod, RuntimeHandler = handler }).PodSandboxId;

    /// <summary>Creates and starts a container of the busybox image.</summary>
    public string StartContainer(string podId, PodSandboxConfig pod, LinuxContainerConfig linux, params string[] command)
    {
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = "c" + Guid.NewGuid().ToString("N") },
            Image = new ImageSpec { Image = BusyboxImage.Shell },
            Linux = linux,
        };
        config.Command.Add(command);
        config.LogPath = config.Metadata.Name + ".log";
        string id = _runtime.CreateContainer(new CreateContainerRequest { PodSandboxId = podId, Config = config, SandboxConfig = pod }).ContainerId;
        _runtime.StartContainer(new StartContainerRequest { ContainerId = id });
        return id;
    }

    public ExecSyncResponse Exec(string id, params string[] command)
    {
        var request = new ExecSyncRequest { ContainerId = id, Timeout = 20 };
        request.Cmd.Add(command);
        return _runtime.ExecSync(request);
    }

    /// <summary>Runs <see cref="Inside.Probe"/> and lines of the test's own in a container.</summary>
    public Dictionary<string, string> Probe(string id, string more = "")
    {
        ExecSyncResponse response = Exec(id, "sh", "-c", Inside.Probe + "\n" + more);
        return response.ExitCode == 0 ? Inside.Read(response.Stdout.ToStringUtf8()) : throw new InvalidDataException(response.Stderr.ToStringUtf8());
    }

    public ContainerStatus Status(string id) => _runtime.ContainerStatus(new ContainerStatusRequest { ContainerId = id }).Status;

    public ContainerStats Stats(string id) => _runtime.ContainerStats(new ContainerStatsRequest { ContainerId = id }).Stats;

    public void Update(string id, LinuxContainerResources resources) =>
        _runtime.UpdateContainerResources(new UpdateContainerResourcesRequest { ContainerId = id, Linux = resources });

    /// <summary>Sends SIGTERM, and SIGKILL when ten seconds were not enough.</summary>
    public void StopContainer(string id) => _runtime.StopContainer(new StopContainerRequest { ContainerId = id, Timeout = 10 });

    public void RemoveContainer(string id) => _runtime.RemoveContainer(new RemoveContainerRequest { ContainerId = id });

    public void RemovePod(string podId)
    {
        _runtime.StopPodSandbox(new StopPodSandboxRequest { PodSandboxId = podId });
        _runtime.RemovePodSandbox(new RemovePodSandboxRequest { PodSandboxId = podId });
    }

    protected override void RemoveContainers()
    {
        foreach (PodSandbox pod in _runtime.ListPodSandbox(new ListPodSandboxRequest()).Items)
        {
            RemovePod(pod.Id);
        }
    }

    protected override void Shutdown()
    {
        _channel.Dispose();
        base.Shutdown();
    }
}
