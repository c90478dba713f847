/* onpty COMMAND...: runs it with a new terminal as its controlling one and copies what the terminal says to stdout.
   A runtime's `run` with process.terminal wants a terminal on its own stdin; the guest's shell has none. */
#include <pty.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int master, status;
    char bytes[4096];
    ssize_t got;
    struct winsize size = {.ws_row = 33, .ws_col = 77};
    pid_t child = argc < 2 ? -1 : forkpty(&master, NULL, NULL, &size);
    if (child < 0) {
        perror("onpty");
        return 126;
    }
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    while ((got = read(master, bytes, sizeof bytes)) > 0) /* EIO: the last user of the other side is gone */
        if (write(1, bytes, got) != got)
            break;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
