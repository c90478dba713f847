// execve, execveat: of /proc/self/exe, of a copy of this program, of scripts, and what is kept across it.
#include "harness.h"
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>

extern char **environ;

static void child_state(void)
{
    struct sigaction action;
    sigset_t mask, pending;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    sigpending(&pending);
    sigaction(SIGUSR1, NULL, &action);
    out("USR1 default %d masked %d pending %d\n", action.sa_handler == SIG_DFL, sigismember(&mask, SIGUSR1),
        sigismember(&pending, SIGUSR1));
    sigaction(SIGUSR2, NULL, &action);
    out("USR2 ignored %d\n", action.sa_handler == SIG_IGN);
    stack_t stack;
    sigaltstack(NULL, &stack);
    out("alternative stack %d\n", stack.ss_flags);
    out("fd 3 %d fd 4 %d\n", fcntl(3, F_GETFD), fcntl(4, F_GETFD));
    out("umask %o\n", umask(0));
}

int child_main(int count, char **words)
{
    const char *word = count > 0 ? words[0] : "";
    if (strcmp(word, "show") == 0) {
        for (int i = 0; i < count; i++)
            out("word %d: %.60s\n", i, words[i]);
        for (char **line = environ; *line; line++)
            out("environment: %s\n", *line);
    } else if (strcmp(word, "state") == 0) {
        child_state();
    } else if (strcmp(word, "name") == 0) {
        char name[16];
        prctl(PR_GET_NAME, name);
        out("name %s secure %lu\n", name, getauxval(AT_SECURE));
        out("execfn %s\n", (char *)getauxval(AT_EXECFN));
    } else if (strcmp(word, "pid") == 0) {
        out("the same pid %d\n", atoi(words[1]) == getpid());
    } else if (strcmp(word, "wait") == 0) {
        char byte;
        out("rest of the input %ld\n", (long)read(0, &byte, 1));
    } else if (strcmp(word, "count") == 0) {
        out("%d words of %ld\n", count, count > 1 ? (long)strlen(words[1]) : 0);
    } else if (strcmp(word, "auxiliary") == 0) {
        out("page %lu phent %lu entry %d random %d platform %s\n", getauxval(AT_PAGESZ), getauxval(AT_PHENT), getauxval(AT_ENTRY) != 0,
            getauxval(AT_RANDOM) != 0, (char *)getauxval(AT_PLATFORM));
        out("uid %d gid %d base %lu\n", getauxval(AT_UID) == getuid(), getauxval(AT_EGID) == getegid(), getauxval(AT_BASE));
    } else {
        out("child %s\n", word);
    }
    return count > 1 && strcmp(word, "exit") == 0 ? atoi(words[1]) : 0;
}

// A copy of this program in the current directory.
static void copy_self(const char *path, int mode)
{
    struct stat info;
    int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    fstat(from, &info);
    for (long left = info.st_size, count; left > 0; left -= count)
        if ((count = sendfile(to, from, NULL, left)) <= 0)
            break;
    fchmod(to, mode);
    close(from);
    close(to);
}

static void make_script(const char *path, const char *text)
{
    make_file(path, text);
    chmod(path, 0755);
}

static char *const words[] = { "cases", "--child", "show", "a", "", "b c", NULL };

CASE(exec, self_with_words_and_environment)
{
    char *environment[] = { "A=1", "B=two words", "odd", NULL };
    pid_t child = fork();
    if (child == 0)
        _exit(execve("/proc/self/exe", words, environment));
    SHOW_WAIT(child);
}

CASE(exec, copy_by_path)
{
    char *environment[] = { NULL }, *more[] = { "x", "--child", "name", NULL };
    copy_self("program", 0755);
    pid_t child = fork();
    if (child == 0)
        _exit(execve("program", more, environment));
    SHOW_WAIT(child);
    child = fork();
    if (child == 0)
        _exit(execve("./program", more, environment));
    SHOW_WAIT(child);
}

CASE(exec, name_is_cut_to_fifteen)
{
    char *environment[] = { NULL }, *more[] = { "x", "--child", "name", NULL };
    copy_self("a-very-long-program-name", 0755);
    pid_t child = fork();
    if (child == 0)
        _exit(execve("./a-very-long-program-name", more, environment));
    SHOW_WAIT(child);
}

CASE(exec, exit_status)
{
    pid_t child = run_child("exit", "33");
    SHOW_WAIT(child);
}

CASE(exec, keeps_the_pid)
{
    char text[16];
    char *more[] = { "cases", "--child", "pid", text, NULL };
    sprintf(text, "%d", getpid());
    execve("/proc/self/exe", more, environ);
}

CASE(exec, auxiliary_vector)
{
    pid_t child = run_child("auxiliary", NULL);
    SHOW_WAIT(child);
}

static void ignore(int number)
{
    (void)number;
}

CASE(exec, what_is_kept)
{
    static char stack[16384];
    stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    signal(SIGUSR1, ignore); // becomes the default
    signal(SIGUSR2, SIG_IGN); // stays
    sigaltstack(&other, NULL); // goes
    open("/dev/null", O_RDONLY);
    open("/dev/null", O_RDONLY | O_CLOEXEC);
    umask(0123);
    execl("/proc/self/exe", "cases", "--child", "state", NULL);
}

CASE(exec, errors) // execve(2): ENOENT, EACCES, ENOTDIR, EFAULT, ENOEXEC, ELOOP, ENAMETOOLONG
{
    char *none[] = { NULL };
    make_file("plain", "text");
    symlink("loop", "loop");
    mkdir("dir", 0755);
    SHOW(execve("missing", words, none));
    SHOW(execve("", words, none));
    SHOW(execve("plain", words, none));
    SHOW(execve("plain/x", words, none));
    SHOW(execve("dir", words, none));
    SHOW(execve("loop", words, none));
    SHOW(execve("/dev/null", words, none));
    SHOW(execve(long_name(300), words, none));
    SHOW(syscall(SYS_execve, bad(), words, none));
    SHOW(syscall(SYS_execve, "/proc/self/exe", bad(), none));
    SHOW(syscall(SYS_execve, "/proc/self/exe", words, bad()));
    chmod("plain", 0755);
    SHOW(execve("plain", words, none));
    make_script("empty", "");
    SHOW(execve("empty", words, none));
    make_script("elf", "\177ELFgarbage-garbage-garbage-garbage-garbage-garbage-garbage-garbage");
    SHOW(execve("elf", words, none));
}

CASE(exec, busy_file) // ETXTBSY
{
    char *none[] = { NULL };
    copy_self("program", 0755);
    int fd = open("program", O_RDWR);
    SHOW(execve("./program", words, none));
    close(fd);
    SHOW_OK(open("program", O_RDWR));
}

CASE(exec, running_file_cannot_be_written) // open(2): ETXTBSY
{
    int ready[2], hold[2];
    char byte;
    copy_self("program", 0755);
    pipe2(ready, O_CLOEXEC); // closed by the exec: that is when the program runs
    pipe(hold);
    pid_t child = fork();
    if (child == 0) {
        dup2(hold[0], 0);
        close(hold[1]);
        execl("./program", "cases", "--child", "wait", NULL);
        _exit(1);
    }
    close(ready[1]);
    close(hold[0]);
    SHOW(read(ready[0], &byte, 1));
    SHOW(open("program", O_WRONLY));
    SHOW(truncate("program", 0));
    close(hold[1]);
    SHOW_WAIT(child);
    SHOW_OK(open("program", O_WRONLY));
}

CASE(exec, script)
{
    char *none[] = { NULL }, *more[] = { "ignored", "show", "x", NULL };
    copy_self("program", 0755);
    make_script("script", "#!program --child\n");
    pid_t child = fork();
    if (child == 0)
        _exit(execve("./script", more, none));
    SHOW_WAIT(child); // the first word is the script's path
    make_script("show", "#! \t program   --child  \nrest");
    child = fork();
    if (child == 0)
        _exit(execve("show", more, none));
    SHOW_WAIT(child);
}

CASE(exec, script_argument_is_one_word)
{
    char *none[] = { NULL }, *more[] = { "ignored", "x", NULL };
    copy_self("program", 0755);
    make_script("script", "#!program --words a  b \t \n");
    pid_t child = fork();
    if (child == 0)
        _exit(execve("./script", more, none));
    SHOW_WAIT(child);
    make_script("nested", "#!script --words of nested\n");
    child = fork();
    if (child == 0)
        _exit(execve("./nested", more, none));
    SHOW_WAIT(child);
}

CASE(exec, script_errors) // ENOENT, EACCES, ELOOP of interpreters
{
    char *none[] = { NULL };
    make_script("missing", "#!/no/such/interpreter\n");
    SHOW(execve("missing", words, none));
    make_file("plain", "x");
    make_script("denied", "#!plain\n");
    SHOW(execve("denied", words, none));
    make_script("self", "#!self\n");
    SHOW(execve("self", words, none));
    make_script("nothing", "#!\n");
    SHOW(execve("nothing", words, none));
    make_script("folder", "#!.\n");
    SHOW(execve("folder", words, none));
}

CASE(exec, unreadable_but_executable)
{
    char *none[] = { NULL };
    copy_self("program", 0111);
    pid_t child = fork();
    if (child == 0)
        _exit(execve("./program", words, none));
    SHOW_WAIT(child);
    SHOW(open("program", O_RDONLY));
}

CASE(exec, execveat) // execveat(2)
{
    char *none[] = { NULL };
    copy_self("program", 0755);
    symlink("program", "link");
    int dir = open(".", O_RDONLY), file = open("program", O_RDONLY);
    pid_t child = fork();
    if (child == 0)
        _exit(syscall(SYS_execveat, dir, "program", words, none, 0));
    SHOW_WAIT(child);
    child = fork();
    if (child == 0)
        _exit(syscall(SYS_execveat, file, "", words, none, AT_EMPTY_PATH));
    SHOW_WAIT(child);
    SHOW(syscall(SYS_execveat, file, "", words, none, 0));                       // ENOENT
    SHOW(syscall(SYS_execveat, 99, "program", words, none, 0));                  // EBADF
    SHOW(syscall(SYS_execveat, file, "program", words, none, 0));                // ENOTDIR
    SHOW(syscall(SYS_execveat, dir, "link", words, none, AT_SYMLINK_NOFOLLOW));  // ELOOP
    SHOW(syscall(SYS_execveat, dir, "program", words, none, 1));                 // EINVAL
    make_script("script", "#!program\n");
    int script = open("script", O_RDONLY | O_CLOEXEC);
    SHOW(syscall(SYS_execveat, script, "", words, none, AT_EMPTY_PATH)); // ENOENT: its /dev/fd name is closed by then
}

CASE(exec, long_words)
{
    static char word[131072]; // MAX_ARG_STRLEN with its end
    char *none[] = { NULL }, *more[] = { "cases", "--child", "count", word, NULL };
    memset(word, 'w', sizeof word - 1);
    pid_t child = fork();
    if (child == 0)
        _exit(execve("/proc/self/exe", more, none));
    SHOW_WAIT(child);
    static char longer[131073];
    memset(longer, 'w', sizeof longer - 1);
    more[3] = longer;
    SHOW(execve("/proc/self/exe", more, none)); // E2BIG
}

CASE(exec, many_words)
{
    static char *many[10004] = { "cases", "--child", "count" };
    for (int i = 3; i < 10003; i++)
        many[i] = "eight888";
    pid_t child = fork();
    if (child == 0)
        _exit(execve("/proc/self/exe", many, environ));
    SHOW_WAIT(child);
}

CASE(exec, vfork_then_exec)
{
    pid_t child = vfork();
    if (child == 0) {
        execl("/proc/self/exe", "cases", "--child", "x", NULL);
        _exit(127);
    }
    SHOW_WAIT(child);
}

CASE(exec, descriptor_sharing_ends)
{
    char *none[] = { NULL }, *more[] = { "cases", "--child", "show", NULL };
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_t child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(execve("/proc/self/exe", more, none));
    SHOW_WAIT(child);
    SHOW(fcntl(fd, F_GETFD)); // the child's exec unshared the table before it closed
}
