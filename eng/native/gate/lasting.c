/* Errors of calls by path that stay what they are: the kernel says so of what it has looked up in trees that nobody changes (docs/decisions/0043).
 * Compilers ask a thousand times whether their directories are links. Nothing here is trusted by anybody but this process. */
#include "internal.h"

#define ANSWERS 64
#define MOST_PATH 100

static struct answer_kept {
    uint64_t turn;
    uint32_t nr, flags;
    int32_t result;
    uint8_t size;         /* of the path, with its NUL; 0: nothing is kept here */
    uint8_t path[MOST_PATH];
    uint8_t pad[7];
} answers[ANSWERS];

_Static_assert(sizeof answers[0] == 128, "answers");

static int answers_lock;

/* What else of a call decides about its error; -1: it may make something, or is none of those. */
static int64_t flags_of(long nr, const uint64_t a[6])
{
    const uint64_t makes = 0x400040; /* O_CREAT, and O_TMPFILE's own bit */
    switch (nr) {
    case SYS_stat:
    case SYS_lstat:
    case SYS_access:
    case SYS_faccessat:
    case SYS_readlink:
    case SYS_readlinkat: return 0;
    case SYS_open: return a[1] & makes ? -1 : (int64_t)(uint32_t)a[1];
    case SYS_openat: return a[2] & makes ? -1 : (int64_t)(uint32_t)a[2];
    case SYS_faccessat2:
    case SYS_newfstatat: return (int64_t)(uint32_t)a[3];
    case SYS_statx: return (int64_t)(uint32_t)a[2];
    default: return -1;
    }
}

static struct answer_kept *place_of(long nr, const uint8_t *path, uint64_t size)
{
    uint32_t hash = (uint32_t)nr;
    for (uint64_t i = 0; i < size; i++)
        hash = (hash ^ path[i]) * 0x01000193u;
    return answers + (hash ^ hash >> 16) % ANSWERS;
}

static int is_same_path(const uint8_t *a, const uint8_t *b, uint64_t size)
{
    uint64_t i = 0;
    while (i < size && a[i] == b[i])
        i++;
    return i == size;
}

/* Buffers that must be there, and numbers that must be right, are looked at before: the kernel asks for those. */
static int is_plain(long nr, const uint64_t a[6])
{
    switch (nr) {
    case SYS_readlink: return (int32_t)a[2] > 0;
    case SYS_readlinkat: return (int32_t)a[3] > 0;
    case SYS_access: return (a[1] & ~7ul) == 0;
    case SYS_faccessat:
    case SYS_faccessat2: return (a[2] & ~7ul) == 0;
    case SYS_statx: return (a[3] & 0x80000000ul) == 0;
    default: return 1;
    }
}

/* The path lies in the slot already. 1: answered. */
int lasting_answer(const struct slot *s, long nr, const uint64_t a[6], uint64_t size, long *result)
{
    int64_t flags;
    if (size < 2 || size > MOST_PATH || s->bytes[0] != '/' || s->filtered & ASK_ALL || (flags = flags_of(nr, a)) < 0 || !is_plain(nr, a))
        return 0;
    struct answer_kept *kept = place_of(nr, s->bytes, size);
    if (kept->size != size || kept->nr != (uint32_t)nr || __atomic_exchange_n(&answers_lock, 1, __ATOMIC_ACQUIRE))
        return 0;
    int is_kept = kept->size == size && kept->nr == (uint32_t)nr && kept->flags == (uint32_t)flags && kept->turn == __atomic_load_n(&s->lasting_turn, __ATOMIC_RELAXED)
        && is_same_path(kept->path, s->bytes, size);
    *result = kept->result;
    __atomic_store_n(&answers_lock, 0, __ATOMIC_RELEASE);
    return is_kept;
}

/* The kernel has said that its answer stays; the path lies in the slot still. */
void keep_answer(const struct slot *s, long nr, const uint64_t a[6], uint64_t turn)
{
    int64_t flags = flags_of(nr, a);
    uint64_t size = 0;
    while (size < MOST_PATH && s->bytes[size])
        size++;
    if (flags < 0 || ++size > MOST_PATH || s->bytes[0] != '/' || s->result >= 0 || __atomic_exchange_n(&answers_lock, 1, __ATOMIC_ACQUIRE))
        return;
    struct answer_kept *kept = place_of(nr, s->bytes, size);
    kept->turn = turn;
    kept->nr = (uint32_t)nr;
    kept->flags = (uint32_t)flags;
    kept->result = (int32_t)s->result;
    memcpy(kept->path, s->bytes, size);
    kept->size = (uint8_t)size;
    __atomic_store_n(&answers_lock, 0, __ATOMIC_RELEASE);
}

/* A child of fork(2) may have been made while another thread held it. */
void free_answers(void)
{
    answers_lock = 0;
}
