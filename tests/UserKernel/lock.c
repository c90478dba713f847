/* A record lock: `lock hold FILE` takes it and waits, `lock try FILE` tells who is in the way and whether it can be had. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 4 };
    char held[256];
    if (count != 3)
        return 2;
    int fd = open(words[2], O_RDWR | O_CREAT, 0666);
    if (strcmp(words[1], "hold") == 0) {
        snprintf(held, sizeof held, "%s.held", words[2]);
        if (fcntl(fd, F_SETLK, &lock) != 0 || open(held, O_CREAT | O_WRONLY, 0666) < 0)
            return 1;
        pause();
    }
    struct flock asked = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    fcntl(fd, F_GETLK, &asked);
    int answer = fcntl(fd, F_SETLK, &lock);
    printf("%d %ld %ld %s\n", asked.l_type, (long)asked.l_start, (long)asked.l_len, answer == 0 ? "taken" : strerrorname_np(errno));
    return 0;
}
