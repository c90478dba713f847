# Tables out of what seccomp.c measured; the filter named first is compared with the others.
BEGIN { FS = "\t" }
$1 == "filter" { name[++filters] = $2; size[$2] = $3 }
$1 == "call" { call[++calls] = $2; bitmap[$2] = $3 }
$1 == "ns" { ns[$2, $3, $4] = $5 }
$1 == "steps" { steps[$2, $3] = $4 ($5 ? " (errno " $5 ")" : "") }

function rule(columns) {
    printf "\n|"
    while (columns-- > 0) printf "---|"
    printf "\n"
}

function times(mode, text,    c, i, none) {
    printf "\n%s\n\n| call |%s no filter |", text, mode == "installed" ? " bitmap |" : ""
    for (i = 1; i <= filters; i++) printf " %s |", name[i]
    for (i = 2; i <= filters; i++) printf " / %s |", name[i]
    rule(2 * filters + (mode == "installed" ? 2 : 1))
    for (c = 1; c <= calls; c++) {
        none = ns[call[c], "none", "-"]
        printf "| %s |%s %.0f |", call[c], mode == "installed" ? " " bitmap[call[c]] " |" : "", none
        for (i = 1; i <= filters; i++) printf " %.0f (%+.0f) |", ns[call[c], mode, name[i]], ns[call[c], mode, name[i]] - none
        for (i = 2; i <= filters; i++) printf " %.2f |", ns[call[c], mode, name[1]] / ns[call[c], mode, name[i]]
        printf "\n"
    }
}

function instructions(    c, i) {
    printf "\nBPF instructions that a call runs when it reaches the filter\n\n| call |"
    for (i = 1; i <= filters; i++) printf " %s |", name[i]
    rule(filters + 1)
    printf "| whole program |"
    for (i = 1; i <= filters; i++) printf " %d |", size[name[i]]
    printf "\n"
    for (c = 1; c <= calls; c++) {
        printf "| %s |", call[c]
        for (i = 1; i <= filters; i++) printf " %s |", steps[call[c], name[i]]
        printf "\n"
    }
}

END {
    times("installed", "Nanoseconds per call, median, as installed; in brackets what the filter adds. *bitmap*: the kernel remembers that the call is allowed and does not run the filter.")
    times("hidden", "The same when the bitmap does not help, as before Linux 5.11: a load of an argument stands in front of each filter.")
    print "\ni386 calls enter by int $0x80. Where that costs microseconds, as in some virtual machines, it can vary by more than any filter costs: then look at the instructions."
    instructions()
}
