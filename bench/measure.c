/* measure ROUNDS < PLAN: runs the plan ROUNDS times and prints, per label, medians of what its commands cost.
 *
 * The plan is text. A line is LABEL, tab, and the command's arguments separated by tabs; the label - is not measured, a command whose label starts
 * with ! may fail.
 * The argument %% stands for %, %r for the number of the round. Blank lines separate blocks; each round starts with
 * another block, so that none is always first. Two commands are built in: @reap FILE waits for the process whose pid
 * is in FILE, @rounds FIRST LAST limits the rest of its block to these rounds.
 *
 * Output, tab-separated: label, runs, wall ms (median, min, p90), CPU ms, minor faults, peak RSS KiB, context switches.
 *
 * It is C, static and small, because a child starts with its parent's peak RSS (exec keeps the larger of the two), and it is a
 * subreaper, as engines' shims are: a container's init that died must be reaped by somebody before its runtime looks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_LINES 4096
#define MAX_ARGS 64
#define MAX_LABELS 128

struct line {
    char *label;
    char *args[MAX_ARGS + 1];
    int block;
};

struct sample {
    double wall, cpu, faults, rss, switches;
};

struct series {
    const char *label;
    struct sample *samples;
    int count;
};

static struct line lines[MAX_LINES];
static int line_count, block_count, rounds;
static struct series all[MAX_LABELS];
static int series_count;
static char error_path[] = "/tmp/measure.XXXXXX";
static int error_fd = -1;
extern char **environ;

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "measure: %s %s\n", what, detail);
    if (error_fd >= 0) {
        char text[4096];
        ssize_t size = pread(error_fd, text, sizeof text, 0);
        if (size > 0)
            fwrite(text, 1, size, stderr);
        unlink(error_path);
    }
    exit(1);
}

static void read_plan(void)
{
    char *text = NULL;
    size_t size = 0;
    int fresh = 1;
    while (getline(&text, &size, stdin) > 0) {
        text[strcspn(text, "\n")] = 0;
        if (!*text) {
            fresh = 1;
            continue;
        }
        if (fresh)
            block_count++;
        fresh = 0;
        if (line_count == MAX_LINES)
            die("plan too long", "");
        struct line *line = &lines[line_count++];
        line->block = block_count - 1;
        char *rest = strdup(text);
        line->label = strsep(&rest, "\t");
        int count = 0;
        while (rest && count < MAX_ARGS)
            line->args[count++] = strsep(&rest, "\t");
        if (!count)
            die("no command after label", line->label);
    }
    free(text);
}

static struct series *find_series(const char *label)
{
    for (int i = 0; i < series_count; i++)
        if (!strcmp(all[i].label, label))
            return &all[i];
    if (series_count == MAX_LABELS)
        die("too many labels", label);
    struct series *made = &all[series_count++];
    made->label = label;
    made->samples = calloc(rounds * 64, sizeof *made->samples);
    return made;
}

static char *expand(const char *text, int round)
{
    static char buffers[MAX_ARGS][4096];
    static int next;
    char *out = buffers[next++ % MAX_ARGS], *start = out;
    for (; *text && out < start + 4000; text++) {
        if (*text == '%' && text[1] == 'r')
            out += sprintf(out, "%d", round), text++;
        else if (*text == '%' && text[1] == '%')
            *out++ = '%', text++;
        else
            *out++ = *text;
    }
    *out = 0;
    return start;
}

static void reap(const char *path)
{
    FILE *file = fopen(path, "r");
    int pid = 0, status;
    if (!file || fscanf(file, "%d", &pid) != 1)
        die("no pid in", path);
    fclose(file);
    if (waitpid(pid, &status, 0) < 0 && errno != ECHILD)
        die("cannot wait for the process of", path);
}

static double milliseconds(struct timespec from, struct timespec to)
{
    return (to.tv_sec - from.tv_sec) * 1e3 + (to.tv_nsec - from.tv_nsec) / 1e6;
}

static struct sample run(char **args, int may_fail)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, error_fd, 2);
    if (ftruncate(error_fd, 0))
        die("ftruncate", error_path);
    lseek(error_fd, 0, SEEK_SET);

    struct timespec begin, end;
    struct rusage usage;
    pid_t pid, got;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (posix_spawnp(&pid, args[0], &actions, NULL, args, environ))
        die("cannot start", args[0]);
    do
        got = wait4(pid, &status, 0, &usage);
    while (got < 0 && errno == EINTR);
    clock_gettime(CLOCK_MONOTONIC, &end);
    posix_spawn_file_actions_destroy(&actions);
    if (!may_fail && (!WIFEXITED(status) || WEXITSTATUS(status))) {
        char text[2048] = "";
        for (int i = 0; args[i]; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", args[i]);
        die("failed:", text);
    }
    return (struct sample){
        .wall = milliseconds(begin, end),
        .cpu = usage.ru_utime.tv_sec * 1e3 + usage.ru_utime.tv_usec / 1e3 + usage.ru_stime.tv_sec * 1e3 + usage.ru_stime.tv_usec / 1e3,
        .faults = usage.ru_minflt,
        .rss = usage.ru_maxrss,
        .switches = usage.ru_nvcsw + usage.ru_nivcsw,
    };
}

static void run_block(int block, int round)
{
    for (int i = 0; i < line_count; i++) {
        char *args[MAX_ARGS + 1] = {0};
        if (lines[i].block != block)
            continue;
        for (int a = 0; lines[i].args[a]; a++)
            args[a] = expand(lines[i].args[a], round);
        if (!strcmp(args[0], "@reap")) {
            reap(args[1]);
        } else if (!strcmp(args[0], "@rounds")) {
            if (round < atoi(args[1]) || round > atoi(args[2]))
                return;
        } else {
            struct sample sample = run(args, lines[i].label[0] == '!');
            if (strcmp(lines[i].label, "-")) {
                struct series *series = find_series(lines[i].label);
                if (series->count < rounds * 64)
                    series->samples[series->count++] = sample;
            }
        }
    }
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double quantile(const struct series *series, size_t offset, double at)
{
    double *values = malloc(series->count * sizeof *values);
    for (int i = 0; i < series->count; i++)
        values[i] = *(const double *)((const char *)&series->samples[i] + offset);
    qsort(values, series->count, sizeof *values, by_value);
    double place = at * (series->count - 1);
    int low = (int)place;
    double value = values[low];
    if (low + 1 < series->count)
        value += (place - low) * (values[low + 1] - values[low]);
    free(values);
    return value;
}

static void report(const struct series *series)
{
#define AT(field, q) quantile(series, offsetof(struct sample, field), q)
    printf("%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\n", series->label, series->count, AT(wall, 0.5), AT(wall, 0), AT(wall, 0.9), AT(cpu, 0.5),
           AT(faults, 0.5), AT(rss, 0.5), AT(switches, 0.5));
}

int main(int argc, char **argv)
{
    if (argc != 2 || (rounds = atoi(argv[1])) < 1)
        die("usage: measure ROUNDS < PLAN", "");
    if ((error_fd = mkstemp(error_path)) < 0)
        die("mkstemp", error_path);
    fcntl(error_fd, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    read_plan();
    for (int round = 1; round <= rounds; round++)
        for (int i = 0; i < block_count; i++)
            run_block((i + round) % block_count, round);
    for (int i = 0; i < series_count; i++)
        report(&all[i]);
    unlink(error_path);
    return 0;
}
