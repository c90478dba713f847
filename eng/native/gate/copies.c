/* Small pieces of the guest's memory that go along with a request or an answer (docs/decisions/0039). Without them the kernel reaches for each
 * by a system call of its own, which costs more than the copy by far. */
#include "internal.h"

#define MOST_TEXT 512

/* Which argument is a path; -1: none of them. */
static int path_of(long nr)
{
    switch (nr) {
    case SYS_open:
    case SYS_stat:
    case SYS_lstat:
    case SYS_access:
    case SYS_readlink:
    case SYS_execve:
    case SYS_chdir:
    case SYS_mkdir:
    case SYS_rmdir:
    case SYS_unlink: return 0;
    case SYS_openat:
    case SYS_newfstatat:
    case SYS_statx:
    case SYS_faccessat:
    case SYS_faccessat2:
    case SYS_readlinkat:
    case SYS_mkdirat:
    case SYS_unlinkat: return 1;
    default: return -1;
    }
}

static uint64_t send_bytes(struct slot *s, uint64_t from, uint64_t size)
{
    if (size > sizeof s->data || gate_copy((uint64_t)(size <= sizeof s->bytes ? s->bytes : s->data), from, size))
        return 0;
    s->sent_at = from;
    return size;
}

/* How many bytes of what the kernel will want to see of a call go along. Where something is missing it looks by itself, and finds the error. */
uint64_t send_along(struct slot *s, long nr, const uint64_t a[6], int *writable)
{
    int path = path_of(nr);
    *writable = 0;
    if (path >= 0) {
        long size = gate_text(s->bytes, a[path], MOST_TEXT);
        s->sent_at = a[path];
        return size > 0 ? (uint64_t)size : 0;
    }
    switch (nr) {
    case SYS_write:
    case SYS_pwrite64: return send_bytes(s, a[1], a[2]);
    case SYS_clone3: return send_bytes(s, a[0], a[1]);
    case SYS_read:
    case SYS_pread64: *writable = a[2] && gate_probe(a[1]) == 0; return 0;
    default: return 0;
    }
}

/* What came with an answer. Memory that is not there is an error of the call, as it is on Linux where the call has been done by then. */
void take_along(struct slot *s)
{
    uint64_t size = s->given, left;
    if (!size)
        return;
    left = gate_copy(s->given_to, (uint64_t)(s->place == IN_LITTLE ? s->little : s->place == IN_BYTES ? s->bytes : s->data), size);
    if (left)
        s->result = s->counted && left < size ? (int64_t)(size - left) : -EFAULT;
}
