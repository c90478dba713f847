# What is no slice:prefix:name is refused with the path in the message, before anything is made.
# bundle two: .linux.cgroupsPath = "box.slice:c"
# bundle plain: .linux.cgroupsPath = "/box/c"
# bundle empty: .linux.cgroupsPath = "box.slice:bh:"
# bundle notslice: .linux.cgroupsPath = "box:bh:c"
# bundle dashes: .linux.cgroupsPath = "box--test.slice:bh:c"
# bundle dash: .linux.cgroupsPath = "-box.slice:bh:c"
# bundle up: .linux.cgroupsPath = "../box.slice:bh:c"
# bundle sign: .linux.cgroupsPath = "box.slice:bh:c/../d"
# bundle slice: .linux.cgroupsPath = "box.slice:bh:box-own.slice"
units=$(systemctl list-units --all --plain --no-legend --type=scope,slice)
for each in two plain empty notslice dashes dash up sign slice; do
    fails rt create --bundle "$BUNDLES/$each" c
    case $each in empty) part=bh-.scope ;; sign) part=bh-c/../d ;; *) part=box ;; esac
    has "$SAID" $part "$each"
    [ ! -e /run/rt/c ] || die "$each: state is left"
done
eq "$(systemctl list-units --all --plain --no-legend --type=scope,slice)" "$units" "units"
