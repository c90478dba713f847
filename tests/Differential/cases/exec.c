// execve, execveat: of /proc/self/exe, of a copy of this program, of scripts, and what is kept across it.
#include "harness.h"
#include <sched.h>
#include <sys/sendfile.h>

extern char **environ;

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
