using System;
using System.Buffers;
using System.Text;

namespace Bulkhead.Oci;

/// <summary>
/// The config.json that `spec` writes: what runc's does, with a cgroup namespace, and for --rootless with a user namespace instead of a
/// network one and without limits. Text, not objects: nothing of it is touched by another verb.
/// </summary>
public static class SpecWriter
{
    /// <summary>Writes the document. <paramref name="uid"/> and <paramref name="gid"/> are the caller's, for the mapping of --rootless.</summary>
    public static void Write(IBufferWriter<byte> output, bool rootless, uint uid = 0, uint gid = 0)
    {
        output.Write(Head);
        output.Write(rootless ? PtsRootless : Pts);
        output.Write(Middle);
        output.Write(rootless ? SysRootless : SysMount);
        output.Write(Cgroup);
        if (rootless)
        {
            output.Write(Encoding.ASCII.GetBytes(Mapping("uidMappings", uid) + Mapping("gidMappings", gid)));
            output.Write(NamespacesRootless);
        }
        else
        {
            output.Write(Resources);
            output.Write(Namespaces);
        }
        output.Write(Tail);
    }

    private static string Mapping(string name, uint id) =>
        $"\t\t\"{name}\": [\n\t\t\t{{\n\t\t\t\t\"containerID\": 0,\n\t\t\t\t\"hostID\": {id},\n\t\t\t\t\"size\": 1\n\t\t\t}}\n\t\t],\n";

    private static ReadOnlySpan<byte> Head => """
        {
        	"ociVersion": "1.3.0",
        	"process": {
        		"terminal": true,
        		"user": {
        			"uid": 0,
        			"gid": 0
        		},
        		"args": [
        			"sh"
        		],
        		"env": [
        			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        			"TERM=xterm"
        		],
        		"cwd": "/",
        		"capabilities": {
        			"bounding": [
        				"CAP_AUDIT_WRITE",
        				"CAP_KILL",
        				"CAP_NET_BIND_SERVICE"
        			],
        			"effective": [
        				"CAP_AUDIT_WRITE",
        				"CAP_KILL",
        				"CAP_NET_BIND_SERVICE"
        			],
        			"permitted": [
        				"CAP_AUDIT_WRITE",
        				"CAP_KILL",
        				"CAP_NET_BIND_SERVICE"
        			]
        		},
        		"rlimits": [
        			{
        				"type": "RLIMIT_NOFILE",
        				"hard": 1024,
        				"soft": 1024
        			}
        		],
        		"noNewPrivileges": true
        	},
        	"root": {
        		"path": "rootfs",
        		"readonly": true
        	},
        	"hostname": "bulkhead",
        	"mounts": [
        		{
        			"destination": "/proc",
        			"type": "proc",
        			"source": "proc"
        		},
        		{
        			"destination": "/dev",
        			"type": "tmpfs",
        			"source": "tmpfs",
        			"options": [
        				"nosuid",
        				"strictatime",
        				"mode=755",
        				"size=65536k"
        			]
        		},

        """u8;

    private static ReadOnlySpan<byte> Pts => """
        		{
        			"destination": "/dev/pts",
        			"type": "devpts",
        			"source": "devpts",
        			"options": [
        				"nosuid",
        				"noexec",
        				"newinstance",
        				"ptmxmode=0666",
        				"mode=0620",
        				"gid=5"
        			]
        		},

        """u8;

    private static ReadOnlySpan<byte> PtsRootless => """
        		{
        			"destination": "/dev/pts",
        			"type": "devpts",
        			"source": "devpts",
        			"options": [
        				"nosuid",
        				"noexec",
        				"newinstance",
        				"ptmxmode=0666",
        				"mode=0620"
        			]
        		},

        """u8;

    private static ReadOnlySpan<byte> Middle => """
        		{
        			"destination": "/dev/shm",
        			"type": "tmpfs",
        			"source": "shm",
        			"options": [
        				"nosuid",
        				"noexec",
        				"nodev",
        				"mode=1777",
        				"size=65536k"
        			]
        		},
        		{
        			"destination": "/dev/mqueue",
        			"type": "mqueue",
        			"source": "mqueue",
        			"options": [
        				"nosuid",
        				"noexec",
        				"nodev"
        			]
        		},

        """u8;

    private static ReadOnlySpan<byte> SysMount => """
        		{
        			"destination": "/sys",
        			"type": "sysfs",
        			"source": "sysfs",
        			"options": [
        				"nosuid",
        				"noexec",
        				"nodev",
        				"ro"
        			]
        		},

        """u8;

    private static ReadOnlySpan<byte> SysRootless => """
        		{
        			"destination": "/sys",
        			"type": "none",
        			"source": "/sys",
        			"options": [
        				"rbind",
        				"nosuid",
        				"noexec",
        				"nodev",
        				"ro"
        			]
        		},

        """u8;

    private static ReadOnlySpan<byte> Cgroup => """
        		{
        			"destination": "/sys/fs/cgroup",
        			"type": "cgroup",
        			"source": "cgroup",
        			"options": [
        				"nosuid",
        				"noexec",
        				"nodev",
        				"relatime",
        				"ro"
        			]
        		}
        	],
        	"linux": {

        """u8;

    private static ReadOnlySpan<byte> Resources => """
        		"resources": {
        			"devices": [
        				{
        					"allow": false,
        					"access": "rwm"
        				}
        			]
        		},

        """u8;

    private static ReadOnlySpan<byte> Namespaces => """
        		"namespaces": [
        			{
        				"type": "pid"
        			},
        			{
        				"type": "network"
        			},
        			{
        				"type": "ipc"
        			},
        			{
        				"type": "uts"
        			},
        			{
        				"type": "mount"
        			},
        			{
        				"type": "cgroup"
        			}
        		],

        """u8;

    private static ReadOnlySpan<byte> NamespacesRootless => """
        		"namespaces": [
        			{
        				"type": "pid"
        			},
        			{
        				"type": "ipc"
        			},
        			{
        				"type": "uts"
        			},
        			{
        				"type": "mount"
        			},
        			{
        				"type": "cgroup"
        			},
        			{
        				"type": "user"
        			}
        		],

        """u8;

    private static ReadOnlySpan<byte> Tail => """
        		"maskedPaths": [
        			"/proc/acpi",
        			"/proc/asound",
        			"/proc/interrupts",
        			"/proc/kcore",
        			"/proc/keys",
        			"/proc/latency_stats",
        			"/proc/timer_list",
        			"/proc/timer_stats",
        			"/proc/sched_debug",
        			"/sys/firmware",
        			"/proc/scsi"
        		],
        		"readonlyPaths": [
        			"/proc/bus",
        			"/proc/fs",
        			"/proc/irq",
        			"/proc/sys",
        			"/proc/sysrq-trigger"
        		]
        	}
        }

        """u8;
}
