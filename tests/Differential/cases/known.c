// Names that were looked at before they changed: random calls on a small tree, by paths of many forms. The same numbers give the same calls.
#include "harness.h"
#include <sys/xattr.h>

static uint64_t state;

static unsigned pick(unsigned most)
{
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(state >> 33) % most;
}

static int top, held;
static char base[PATH_MAX];

// A path of one to three parts, in one of five forms; *fd is where it begins. Slashes at the end of what is to be changed are path.c's matter.
static void any_path(char *path, int *fd, bool changes)
{
    static const char *const names[] = { "a", "b", "c", "d", "link", "up" };
    static const char *const ends[] = { "", "", "", "", "", "/", "/.", "/..", "//" };
    char parts[64] = "";
    for (unsigned i = 0, count = 1 + pick(3); i < count; i++) {
        if (i)
            strcat(parts, pick(12) ? "/" : "/./");
        strcat(parts, pick(14) ? names[pick(6)] : "..");
    }
    const char *end = changes ? "" : ends[pick(9)];
    *fd = AT_FDCWD;
    switch (pick(5)) {
    case 0: sprintf(path, "%s/%s%s", base, parts, end); return;
    case 1: sprintf(path, "./%s%s", parts, end); return;
    case 2: *fd = top; break;
    case 3: *fd = held; break;
    default: break;
    }
    sprintf(path, "%s%s", parts, end);
}

static long look(int fd, const char *path)
{
    struct stat s;
    char text[PATH_MAX];
    long result;
    int opened;
    switch (pick(5)) {
    case 0: return faccessat(fd, path, (int)pick(8), pick(2) ? AT_EACCESS : 0);
    case 1:
        result = readlinkat(fd, path, text, sizeof text);
        return result <= 0 ? result : text[0] == '/' ? '/' : result * 256 + text[0];
    case 2:
        opened = openat(fd, path, O_RDONLY | O_NONBLOCK | (pick(3) ? 0 : O_NOFOLLOW) | (pick(4) ? 0 : O_DIRECTORY));
        if (opened < 0)
            return -1;
        result = read(opened, text, sizeof text);
        close(opened);
        return result;
    default:
        if (fstatat(fd, path, &s, pick(2) ? AT_SYMLINK_NOFOLLOW : 0) < 0)
            return -1;
        return (long)s.st_mode * 4096 + (S_ISREG(s.st_mode) ? s.st_size : 0) * 16 + (long)s.st_nlink;
    }
}

// Only of what lies in the tree: those above it are needed.
static bool is_inside(const char *place)
{
    size_t length = strlen(base);
    return strncmp(place, base, length) == 0 && place[length] == '/';
}

static long change_mode(int fd, const char *path, mode_t mode)
{
    char link[64], place[2 * PATH_MAX] = "";
    int opened = openat(fd, path, O_PATH);
    if (opened < 0)
        return -1;
    sprintf(link, "/proc/self/fd/%d", opened);
    long length = readlink(link, place, sizeof place - 1);
    close(opened);
    return length > 0 && is_inside(place) ? fchmodat(fd, path, mode, 0) : -2;
}

static long change(int fd, const char *path)
{
    static const char *const targets[] = { "a", "../b", "c/d", "..", ".", "link", "d/.", "nowhere" };
    char other[PATH_MAX], target[2 * PATH_MAX];
    int to, opened;
    any_path(other, &to, true);
    switch (pick(13)) {
    case 0: case 1: return mkdirat(fd, path, 0700);
    case 2: return unlinkat(fd, path, AT_REMOVEDIR);
    case 3: return unlinkat(fd, path, 0);
    case 4: case 5: return renameat(fd, path, to, other);
    case 6: return syscall(SYS_renameat2, fd, path, to, other, 2);
    case 7:
        sprintf(target, "%s%s%s", pick(4) ? "" : base, pick(4) ? "" : "/", targets[pick(8)]);
        return symlinkat(target, fd, path);
    case 8: return linkat(fd, path, to, other, pick(2) ? AT_SYMLINK_FOLLOW : 0);
    case 9: return change_mode(fd, path, pick(3) ? 0700 : pick(8) << 6);
    case 10: return pick(3) ? 0 : truncate(path, (off_t)pick(100));
    default:
        opened = openat(fd, path, O_WRONLY | O_NONBLOCK | (pick(4) ? O_CREAT : O_TRUNC) | (pick(4) ? 0 : O_EXCL), 0600);
        if (opened < 0)
            return -1;
        pwrite(opened, "some text", 1 + pick(9), 0);
        close(opened);
        return 0;
    }
}

// What the host's own list of the tree says at the end, with modes set right.
static void clean_up(int depth)
{
    static const char *const names[] = { "a", "b", "c", "d", "link", "up" };
    for (unsigned i = 0; i < 6; i++) {
        struct stat s;
        if (lstat(names[i], &s) < 0)
            continue;
        out("%*s%s %o %d\n", depth, "", names[i], s.st_mode, (int)s.st_nlink);
        if (!S_ISDIR(s.st_mode)) {
            unlink(names[i]);
            continue;
        }
        chmod(names[i], 0700);
        if (chdir(names[i]) < 0)
            continue;
        clean_up(depth + 1);
        if (chdir("..") < 0)
            out("no way back\n");
        rmdir(names[i]);
    }
}

static void walk(unsigned seed)
{
    char path[PATH_MAX], where[PATH_MAX];
    int fd, place;
    state = seed;
    // Deep: a walk may leave it upwards by some steps.
    for (int i = 0; i < 9; i++) {
        mkdir("tree", 0700);
        SHOW(chdir("tree"));
    }
    top = open(".", O_RDONLY | O_DIRECTORY);
    if (!getcwd(base, sizeof base))
        return;
    mkdir("a", 0700);
    held = open("a", O_RDONLY | O_DIRECTORY);
    long sum = 0;
    for (unsigned i = 0; i < 4000; i++) {
        unsigned what = pick(24);
        bool changes = what > 2 && pick(3) == 0;
        any_path(path, &fd, changes);
        errno = 0;
        long result;
        switch (what) {
        case 0:
            result = chdir(path);
            if (result == 0 && (!getcwd(where, sizeof where) || !is_inside(where)))
                result = fchdir(top);
            break;
        case 1:
            result = fchdir(top);
            break;
        case 2:
            place = openat(fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            result = place < 0 || pick(2) ? -1 : dup3(place, held, O_CLOEXEC);
            result = result < 0 ? result : 0;
            if (place >= 0)
                close(place);
            break;
        default:
            result = changes ? change(fd, path) : look(fd, path);
            break;
        }
        sum = sum * 31 + result * 7 + (result < 0 ? errno : 0);
        // Enough to find the first that differs.
        if (i % 20 == 0)
            out("%u %s %ld %s %lx\n", i, fd == AT_FDCWD ? "here" : fd == top ? "top" : "held", result, result < 0 ? strerrorname_np(errno) : "", sum);
    }
    SHOW(fchdir(top));
    clean_up(0);
    for (int i = 0; i < 9; i++) {
        SHOW(chdir(".."));
        clean_up(0);
        SHOW(rmdir("tree"));
    }
    close(top);
    close(held);
}

CASE(known, one) { walk(1); }
CASE(known, two) { walk(2); }
CASE(known, three) { walk(3); }
CASE(known, four) { walk(4); }
CASE(known, five) { walk(5); }
CASE(known, six) { walk(6); }
