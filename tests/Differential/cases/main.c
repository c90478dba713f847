// Lists the cases, runs one, or runs all, each in a process, a process group and a directory of its own.
#include "harness.h"
#include <grp.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

#define SECONDS_A_CASE 5

extern const struct test_case *const __start_cases[], *const __stop_cases[];

static volatile pid_t running;
static volatile sig_atomic_t late;

void out(const char *format, ...)
{
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof line)
        length = sizeof line - 1;
    int saved = errno;
    for (int done = 0; done < length;) {
        long wrote = syscall(SYS_write, 1, line + done, (long)(length - done));
        if (wrote < 0 && errno != EINTR)
            break;
        done += wrote > 0 ? (int)wrote : 0;
    }
    errno = saved;
}

const char *errno_name(int number)
{
    const char *name = strerrorname_np(number);
    return name ? name : "unknown";
}

long show_value(const char *text, long value)
{
    if (value == -1)
        out("%s = -1 errno %s\n", text, errno_name(errno));
    else
        out("%s = %ld\n", text, value);
    return value;
}

long show_ok(const char *text, long value)
{
    if (value == -1)
        out("%s = -1 errno %s\n", text, errno_name(errno));
    else
        out("%s = ok\n", text);
    return value;
}

void show_status(const char *text, int status)
{
    if (WIFEXITED(status))
        out("%s: exited %d\n", text, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        out("%s: killed by %d\n", text, WTERMSIG(status));
    else if (WIFSTOPPED(status))
        out("%s: stopped by %d\n", text, WSTOPSIG(status));
    else
        out("%s: %s\n", text, WIFCONTINUED(status) ? "continued" : "unknown status");
}

void show_wait(const char *text, pid_t pid)
{
    int status;
    pid_t got;
    while ((got = waitpid(pid, &status, 0)) == -1 && errno == EINTR)
        ;
    if (got == -1)
        out("%s: waitpid errno %s\n", text, errno_name(errno));
    else
        show_status(text, status);
}

void show_bytes(const char *text, const void *bytes, long count)
{
    char line[2048];
    int at = 0;
    for (long i = 0; i < count && at < (int)sizeof line - 8; i++) {
        unsigned char c = ((const unsigned char *)bytes)[i];
        if (c == '\n')
            at += sprintf(line + at, "\\n");
        else if (c < 32 || c > 126 || c == '\\')
            at += sprintf(line + at, "\\x%02x", c);
        else
            line[at++] = (char)c;
    }
    line[at] = 0;
    out("%s (%ld): %s\n", text, count, line);
}

void show_file(const char *path)
{
    char text[1024];
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        out("%s: open errno %s\n", path, errno_name(errno));
        return;
    }
    show_bytes(path, text, read(fd, text, sizeof text));
    close(fd);
}

int open_file(const char *path, const char *text)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) != 0)
        out("open_file %s: errno %s\n", path, errno_name(errno));
    return fd;
}

int make_file(const char *path, const char *text)
{
    return close(open_file(path, text));
}

char *bad(void)
{
    static volatile uintptr_t address = 1; // below every mmap_min_addr
    return (char *)address;
}

const char *long_name(int length)
{
    static char name[8192];
    memset(name, 'x', sizeof name);
    name[length] = 0;
    return name;
}

long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void nap_ms(int milliseconds)
{
    struct timespec left = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        ;
}

void alarm_soon(void)
{
    struct itimerval timer = { { 0, 15000 }, { 0, 15000 } };
    setitimer(ITIMER_REAL, &timer, NULL);
}

void alarm_off(void)
{
    struct itimerval timer = { { 0, 0 }, { 0, 0 } };
    setitimer(ITIMER_REAL, &timer, NULL);
}

bool privileged(void)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { { 0 } };
    syscall(SYS_capget, &header, data);
    return geteuid() == 0 || getuid() == 0 || data[0].effective || data[1].effective || data[0].permitted || data[1].permitted;
}

pid_t run_child(const char *word, const char *argument)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "cases", "--child", word, argument, NULL);
        _exit(127);
    }
    return pid;
}

static void fail(const char *what)
{
    fprintf(stderr, "cases: %s: %s\n", what, strerror(errno));
    exit(2);
}

// The clock is the parent's: nothing that a case does to its own signals stops it.
static void too_late(int number)
{
    (void)number;
    late = 1;
    kill(running, SIGKILL);
}

// Whatever started us, a case begins in the same state.
static void same_start(void)
{
    bool keep_root = getenv("CASES_KEEP_ROOT") != NULL;
    clearenv();
    setenv("CASES", "1", 1);
    for (int fd = 3; fd < 256; fd++)
        close(fd);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(022);
    struct rlimit limit = { 0, 0 };
    setrlimit(RLIMIT_CORE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
    setrlimit(RLIMIT_NOFILE, &limit);
    setpriority(PRIO_PROCESS, 0, 0); // as a plain user it can only stay
    if (geteuid() == 0 && !keep_root) {
        if (chown(".", 1000, 1000) != 0)
            fail("chown");
        if (setgroups(0, NULL) != 0) {
            // in a user namespace it may be refused: then the groups stay
        }
        if (setresgid(1000, 1000, 1000) != 0 || setresuid(1000, 1000, 1000) != 0)
            fail("setresuid");
        prctl(PR_SET_DUMPABLE, 1); // the change of uid cleared it, and /proc/self would be root's
    }
}

static void copy_out(int fd)
{
    char bytes[4096];
    long count;
    lseek(fd, 0, SEEK_SET);
    while ((count = read(fd, bytes, sizeof bytes)) > 0)
        for (long done = 0, wrote; done < count; done += wrote)
            if ((wrote = write(1, bytes + done, count - done)) < 0)
                fail("write");
}

static void child_run(const struct test_case *test, int output)
{
    signal(SIGALRM, SIG_DFL);
    setpgid(0, 0); // so that kill(0) of a case reaches only itself
    char name[128];
    snprintf(name, sizeof name, "%s.%s", test->family, test->name);
    if (mkdir(name, 0755) != 0 || chdir(name) != 0)
        fail(name);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        fail("dup2");
    close(null);
    close(output);
    test->run();
    _exit(0);
}

static void run(const struct test_case *test)
{
    out("== %s/%s\n", test->family, test->name);
    int output = open("output", O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (output < 0)
        fail("output");
    late = 0;
    running = fork();
    if (running == 0)
        child_run(test, output);
    if (running < 0)
        fail("fork");
    alarm(SECONDS_A_CASE);
    int status;
    while (waitpid(running, &status, 0) < 0)
        if (errno != EINTR)
            fail("waitpid");
    alarm(0);
    kill(-running, SIGKILL);
    copy_out(output);
    close(output);
    if (late)
        out("-- timeout\n");
    else if (WIFSIGNALED(status))
        out("-- signal %d\n", WTERMSIG(status));
    else
        out("-- exit %d\n", WEXITSTATUS(status));
}

static int by_name(const void *left, const void *right)
{
    const struct test_case *a = *(const struct test_case *const *)left, *b = *(const struct test_case *const *)right;
    int order = strcmp(a->family, b->family);
    return order ? order : strcmp(a->name, b->name);
}

// Ignored signals are inherited (execve(2)): whoever starts us must not change what the cases see. libc keeps 32 and 33 to itself.
static void reset_signals(void)
{
    struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } action = { 0 };
    for (int number = 1; number <= 64; number++)
        syscall(SYS_rt_sigaction, number, &action, NULL, 8L);
}

int main(int count, char **words)
{
    if (count > 1 && strcmp(words[1], "--child") == 0)
        return child_main(count - 2, words + 2);
    if (count > 1 && strncmp(words[1], "--words", 7) == 0) { // what a script's first line makes of its words
        for (int i = 0; i < count; i++)
            out("word %d: %s\n", i, words[i]);
        return 0;
    }
    reset_signals();
    int total = (int)(__stop_cases - __start_cases);
    const struct test_case **tests = malloc(total * sizeof *tests);
    memcpy(tests, __start_cases, total * sizeof *tests);
    qsort(tests, total, sizeof *tests, by_name);
    bool all = count > 1 && strcmp(words[1], "all") == 0;
    const char *wanted = all ? (count > 2 ? words[2] : "") : (count > 1 ? words[1] : NULL);
    if (wanted) {
        same_start();
        char folder[] = "run.XXXXXX";
        if (!mkdtemp(folder) || chdir(folder) != 0)
            fail("mkdtemp");
        signal(SIGALRM, too_late);
    }
    int found = 0;
    for (int i = 0; i < total; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%s", tests[i]->family, tests[i]->name);
        if (!wanted)
            printf("%s\n", name);
        else if (all ? strncmp(name, wanted, strlen(wanted)) == 0 : strcmp(name, wanted) == 0) {
            run(tests[i]);
            found++;
        }
    }
    if (wanted && !found)
        fprintf(stderr, "cases: no case %s\n", wanted);
    return wanted && !found;
}
