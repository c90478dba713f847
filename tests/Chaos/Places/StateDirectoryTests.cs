using System;
using System.IO;

namespace Bulkhead.Chaos.Places;

/// <summary>--root in a bad place, and with bad things in it.</summary>
/// <param name="trial">The place.</param>
public sealed class StateDirectoryTests(Trial trial) : IClassFixture<Trial>
{
    private const string OtherRoot = "\nexec ${oci%--root*} --root $w/r \"$@\"";

    /// <param name="place">Makes $w/r, the state directory.</param>
    /// <param name="status">Of create.</param>
    /// <param name="words">What it says.</param>
    /// <param name="listed">What list says; "": its empty table.</param>
    [Theory]
    [InlineData("mkdir $w/r; mount -t tmpfs -o size=16k t $w/r; head -c 16384 /dev/zero >$w/r/full", 1, "config.json in {0}/r/row: no space left on device: free space there, or name another state directory with --root", "")]
    [InlineData("mkdir $w/r; mount -t tmpfs -o size=16k t $w/r; head -c 8192 /dev/zero >$w/r/full", 1, "write state.json.new in {0}/r/row: no space left on device: free space there", "")]
    [InlineData("mkdir $w/r; mount -t tmpfs -o nr_inodes=1 t $w/r", 1, "state folder {0}/r/row: no space left on device", "")]
    [InlineData("mkdir $w/r; mount -t tmpfs -o nr_inodes=2 t $w/r", 1, "write config.json in {0}/r/row: no space left on device", "")]
    [InlineData("mkdir $w/r; mount -t tmpfs -o nr_inodes=3 t $w/r", 1, "write state.json.new in {0}/r/row: no space left on device", "")]
    [InlineData("mkdir $w/r; mount -t tmpfs -o nr_inodes=4 t $w/r", 1, "make the fifo for start in {0}/r/row: no space left on device", "")]
    [InlineData("mkdir $w/r; mount -t tmpfs -o nr_inodes=5 t $w/r", 1, "write state.json.new in {0}/r/row: no space left on device", "")]
    [InlineData("mkdir $w/r; mount -t tmpfs -o ro t $w/r", 1, "{0}/r/row: read-only file system: make it writable", "")]
    [InlineData("touch $w/r", 1, "{0}/r/row: not a directory: give a directory of yours", "open the state directory {0}/r: not a directory")]
    [InlineData("ln -s $w/none $w/r", 1, "{0}/r/row: no such file or directory", "")]
    [InlineData("ln -s r $w/r", 1, "{0}/r", "too many levels of symbolic links")]
    [InlineData("mkdir $w/d; ln -s $w/d $w/r; chown -h 65534 $w/r", 0, "", "")]
    [InlineData("mkdir $w/r; chmod 777 $w/r", 0, "", "")]
    [InlineData("mkdir $w/r; chown 65534 $w/r; chmod 700 $w/r", 0, "", "")]
    [InlineData("mkdir $w/a", 0, "", "")]
    public void Directory_is_bad(string place, int status, string words, string listed)
    {
        trial.Fresh();
        const string AndDelete = "\n${oci%--root*} --root $w/r \"$@\"; s=$?; ${oci%--root*} --root $w/r delete --force row 2>/dev/null; exit $s";
        Trial.Says(trial.Shell(place + AndDelete, "create", "--bundle", trial.Bundle.Folder, "row"), status, string.Format(null, words, Folder));
        trial.LeftNothing();
        trial.Fresh();
        Trial.Says(trial.Shell(place + OtherRoot, "list", "--quiet"), listed.Length == 0 ? 0 : 1, string.Format(null, listed, Folder));
    }

    /// <param name="make">Makes the folder $s of the container "bad"; $good is the state of one that is created, "good".</param>
    /// <param name="state">What every verb says of it.</param>
    /// <param name="warned">list warns of it.</param>
    /// <param name="status">Of delete --force.</param>
    [Theory]
    [InlineData("touch $s", "container \"bad\" does not exist", false, 0)]
    [InlineData("ln -s $b/states/good $s", "container \"bad\" does not exist", false, 0)]
    [InlineData("mkdir $s", "container \"bad\" does not exist", false, 0)]
    [InlineData("mkdir $s; head -c 100 $good >$s/state.json", "is damaged (not JSON from byte 100 on); remove the container with delete --force", true, 0)]
    [InlineData("mkdir $s; : >$s/state.json", "is damaged (not JSON from byte 0 on)", true, 0)]
    [InlineData("mkdir $s; echo [] >$s/state.json", "is damaged", true, 0)]
    [InlineData("mkdir $s; sed 's/\"pid\":[0-9]*/\"pid\":\"x\"/' $good >$s/state.json", "is damaged (a value of the wrong kind)", true, 0)]
    [InlineData("mkdir $s; head -c 3000 /dev/urandom >$s/state.json", "is damaged", true, 0)]
    [InlineData("mkdir $s; cp $good $s", "is the state of another container", true, 0)]
    [InlineData("mkdir $s; sed 's/\"version\":1/\"version\":99/' $good >$s/state.json", "state version 99 is not known to this version of bulkhead; use the one that made the container", true, 1)]
    [InlineData("mkdir $s; mkfifo $s/state.json", "is damaged", true, 0)]
    [InlineData("mkdir $s; truncate -s 3G $s/state.json", "file too large", true, 0)]
    [InlineData("mkdir $s; ln -s /etc/shadow $s/state.json", "too many levels of symbolic links", true, 0)]
    [InlineData("mkdir $s; mkdir $s/state.json", "is a directory", true, 1)]
    [InlineData("mkdir $s; chown 65534 $s; cp $good $s", "can be written by others than user 0", true, 1)]
    [InlineData("mkdir $s; chmod 777 $s; cp $good $s", "can be written by others than user 0", true, 1)]
    public void Folder_is_bad(string make, string state, bool warned, int status)
    {
        try
        {
            trial.Prepare("s=$b/states/bad good=$b/states/good/state.json; $oci create --bundle $b good\n" + make);
            foreach (string[] verb in (string[][])[["state", "bad"], ["delete", "bad"], ["kill", "bad"], ["exec", "bad", "/bin/true"]])
            {
                Ran ran = trial.Bundle.Oci(verb);
                Assert.NotEqual(0, ran.Status);
                Assert.Single(ran.Errors.Split('\n'), line => line.Length > 0);
                if (verb[0] == "state")
                    Assert.Contains(state, ran.Errors, StringComparison.Ordinal);
            }
            Trial.Says(trial.Bundle.Oci("create", "--bundle", trial.Bundle.Folder, "bad"), 1, "container with id exists: bad");
            Ran list = trial.Bundle.Oci("list", "--quiet");
            Assert.Equal(("good\n", warned), (list.Output, list.Errors.Contains("warning: container bad: ", StringComparison.Ordinal)));
            Assert.Equal(status, trial.Bundle.Oci("delete", "--force", "bad").Status);
        }
        finally
        {
            _ = Ran.Run("rm", "-rf", trial.Bundle.States + "/bad");
            Assert.Equal(0, trial.Bundle.Oci("delete", "--force", "good").Status);
        }
        trial.LeftNothing();
    }

    /// <summary>A directory that is no state directory loses nothing by a delete --force of a name in it.</summary>
    [Fact]
    public void Files_of_others_stay()
    {
        string folder = Directory.CreateDirectory(trial.Fresh() + "/etc/ssh").FullName;
        File.WriteAllText(folder + "/key", "secret");

        Ran ran = Ran.Run(Place.Runtime, "--root", Path.GetDirectoryName(folder)!, "delete", "--force", "ssh");

        Trial.Says(ran, 1, "holds files that are no container's");
        Assert.Equal("secret", File.ReadAllText(folder + "/key"));
    }

    private string Folder => trial.Bundle.Folder + "/row";
}
