using System;
using System.Collections.Generic;
using Bulkhead.Images;
using Bulkhead.Images.Pull;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Trust;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Images;

/// <summary>When an image is asked for at its registry: Docker's --pull.</summary>
internal enum PullPolicy
{
    Missing,
    Always,
    Never,
}

/// <summary>Images for commands: those of the store, pulled where the policy says so.</summary>
internal static class ImageSource
{
    /// <summary>An image to run, unpacked, and what the trust policy says of it.</summary>
    public static (LoadedImage Image, TrustVerdict Verdict) Get(string text, PullPolicy policy, string? platform, bool quiet, bool allowUnsigned)
    {
        ImageLibrary library = Machine.Images;
        if (policy != PullPolicy.Always && library.Find(text) is { } found)
        {
            TrustGate gate = Machine.Trust(allowUnsigned);
            TrustVerdict verdict = gate.Judge(found);
            // Signed since, or pulled before there was a rule.
            if (!verdict.Allowed && !allowUnsigned && policy != PullPolicy.Never && found.Reference is { } name && gate.WantsSignatures(name))
            {
                using RegistryClient client = Machine.Registry();
                ImageSignature[] signatures = SignatureFinder.FindAll(client, name, Digest.Parse(found.Named.Target.Digest, found.Name), found.ManifestDigest);
                found = library.Load(library.Names.Put(found.Named with { Signatures = signatures }));
                verdict = gate.Judge(found);
            }
            gate.Require(verdict, found.Name);
            library.Unpack(found);
            return (found, verdict);
        }
        ImageReference reference = ImageReference.Parse(text);
        if (policy == PullPolicy.Never)
            throw new StepException($"no such image: {reference} (--pull never was given)");
        LoadedImage pulled = Pull(reference, platform, quiet, allowUnsigned);
        return (pulled, Machine.Trust(allowUnsigned).Judge(pulled));
    }

    public static LoadedImage Pull(ImageReference reference, string? platform, bool quiet, bool allowUnsigned)
    {
        ImageLibrary library = Machine.Images;
        TrustGate gate = Machine.Trust(allowUnsigned);
        using RegistryClient client = Machine.Registry();
        return Shown(quiet, "Pulling", progress => new Puller(client, library, gate, progress).Pull(reference, platform));
    }

    /// <summary>Bars on a terminal, lines elsewhere.</summary>
    public static T Shown<T>(bool quiet, string doing, Func<IPullProgress, T> work) =>
        quiet ? work(new NoProgress()) : Sys.IsTerminal(Fd.Borrow(2)) ? BarProgress.Show(doing, work) : work(new PlainProgress(doing));

    /// <summary>What a container's record says of its image.</summary>
    public static ImageOption OptionOf(LoadedImage image, TrustVerdict verdict)
    {
        string[] ports = [.. image.Config.Program?.ExposedPorts?.Keys ?? (IEnumerable<string>)[]];
        return new ImageOption
        {
            Name = image.Name,
            Manifest = image.Named.Manifest,
            Id = image.Id.Text,
            Layers = Machine.Images.Trees(image),
            Signer = verdict.Signer,
            AllowUnsigned = !verdict.Allowed,
            Ports = ports,
        };
    }

    /// <summary>Whose signature was verified; null: it is unsigned.</summary>
    public static string? SignerOf(LoadedImage image) => Machine.Trust(false).Judge(image).Signer;
}
