# Tables out of what run.sh measured. Variables: names (runtimes, ours first), times, counts, levels (files).
# A target is a ratio of medians that ours shall not exceed.
function heading(text, columns, i) {
    printf "\n%s\n\n|", text
    for (i = 1; i <= columns; i++) printf " %s |", header[i]
    printf "\n|"
    for (i = 1; i <= columns; i++) printf "---|"
    printf "\n"
}

function ratio(value, base) { return base > 0 ? sprintf("%.2f", value / base) : "-" }

function verdict(value, base, target) {
    if (name[1] != "bulkhead-oci") return ""
    if (target == "" || base == 0) return ""
    return sprintf("<= %s: %s", target, value / base <= target ? "met" : "**missed**")
}

# One table of a measured value: a column a runtime, ratios of ours to the others.
function table(text, what, format, with_targets,    i, v, columns, verb, line) {
    columns = 0
    header[++columns] = "verb"
    for (i = 1; i <= runtimes; i++) header[++columns] = name[i]
    for (i = 2; i <= runtimes; i++) header[++columns] = "/ " name[i]
    if (with_targets) header[++columns] = "targets"
    heading(text, columns)
    for (v = 1; v <= verbs; v++) {
        verb = verb_name[v]
        line = "| " verb " |"
        for (i = 1; i <= runtimes; i++) line = line sprintf(" " format " |", data[what, verb, name[i]])
        for (i = 2; i <= runtimes; i++) line = line " " ratio(data[what, verb, name[1]], data[what, verb, name[i]]) " |"
        if (with_targets) {
            line = line " "
            for (i = 2; i <= runtimes; i++)
                if ((what, verb, name[i]) in target)
                    line = line verdict(data[what, verb, name[1]], data[what, verb, name[i]], target[what, verb, name[i]]) " (" name[i] ") "
            line = line "|"
        }
        print line
    }
}

function read_times(    f, part, verb) {
    while ((getline line < times) > 0) {
        split(line, f, "\t")
        split(f[1], part, "@")
        verb = part[1]
        if (!(verb in seen)) { seen[verb] = 1; verb_name[++verbs] = verb }
        data["wall", verb, part[2]] = f[3]
        data["min", verb, part[2]] = f[4]
        data["p90", verb, part[2]] = f[5]
        data["cpu", verb, part[2]] = f[6]
        data["faults", verb, part[2]] = f[7]
        data["rss", verb, part[2]] = f[8]
    }
}

function read_counts(    f, part) {
    while ((getline line < counts) > 0) {
        split(line, f, "\t")
        split(f[1], part, "@")
        data["syscalls", part[1], part[2]] = f[2]
        data["execs", part[1], part[2]] = f[3]
        have_counts = 1
    }
}

function read_levels(    f, part) {
    while ((getline line < levels) > 0) {
        split(line, f, "\t")
        split(f[2], part, "@")
        if (!(f[1] in level_seen)) { level_seen[f[1]] = 1; level[++level_count] = f[1] }
        at["wall", f[1], part[1], part[2]] = f[4]
        at["min", f[1], part[1], part[2]] = f[5]
        at["cpu", f[1], part[1], part[2]] = f[7]
    }
}

# Microseconds more per container alive, from the lowest to the highest level.
function slope(what, verb, runtime, low, high) {
    return high > low ? (at[what, high, verb, runtime] - at[what, low, verb, runtime]) * 1000 / (high - low) : 0
}

# The slopes of the minimum and of CPU time stand beside the median's: other work on the machine moves them less.
function level_table(    i, l, v, columns, verb, line, low, high) {
    columns = 0
    header[++columns] = "verb"
    header[++columns] = "runtime"
    for (l = 1; l <= level_count; l++) header[++columns] = level[l] " alive"
    header[++columns] = "us per container alive"
    header[++columns] = "of the minimum"
    header[++columns] = "of CPU time"
    heading("Median ms with as many containers of each runtime alive, runtimes interleaved", columns)
    low = level[1]
    high = level[level_count]
    for (v = 1; v <= 6; v++) {
        verb = level_verb[v]
        for (i = 1; i <= runtimes; i++) {
            line = "| " verb " | " name[i] " |"
            for (l = 1; l <= level_count; l++) line = line sprintf(" %.2f |", at["wall", level[l], verb, name[i]])
            print line sprintf(" %.2f | %.2f | %.2f |", slope("wall", verb, name[i], low, high), slope("min", verb, name[i], low, high), slope("cpu", verb, name[i], low, high))
        }
    }
}

BEGIN {
    runtimes = split(names, name, " ")
    split("run create start state list delete", level_verb, " ")
    split("create start delete exec", four, " ")
    for (i in four) target["wall", four[i], "crun"] = 0.8
    target["wall", "run", "crun"] = 0.75
    target["wall", "run", "runc"] = 0.25
    target["wall", "state", "crun"] = 0.9
    read_times()
    read_counts()
    read_levels()
    for (v = 1; v <= verbs; v++) target["rss", verb_name[v], "crun"] = 3
    table("Wall time, median ms", "wall", "%.2f", 1)
    table("Wall time, minimum ms", "min", "%.2f", 0)
    table("CPU time, median ms", "cpu", "%.2f", 0)
    table("Peak memory, KiB (max RSS over the command and its reaped children)", "rss", "%d", 1)
    table("Minor faults (command and its reaped children)", "faults", "%d", 0)
    if (have_counts) {
        table("System calls (all processes until the command ends)", "syscalls", "%d", 0)
        table("Execs", "execs", "%d", 0)
    }
    if (level_count) level_table()
}
