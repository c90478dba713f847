/* What rewrite.c and rooms.c share. */
#ifndef BULKHEAD_GATE_REWRITE_H
#define BULKHEAD_GATE_REWRITE_H

#include "internal.h"

#define TRAMPOLINE_SIZE 64
#define MOST_TRAMPOLINE 128

/* Where a jump is, where the call goes on, and what lies between. */
struct site {
    uint64_t jump, next;
    uint64_t nr;
    int any_nr;      /* the number is not part of it */
    int needs_rex;   /* the jump's last byte is the next instruction's first, a REX.W prefix */
    int lead_size;   /* the instruction that the jump takes the place of; the trampoline begins with it */
    uint8_t lead[7];
    uint64_t points; /* what its last four bytes point to, from the instruction's end; 0: nothing */
};

/* Room for one trampoline; 0: none. It is free still until it is taken, but where a site has only few places. */
uint64_t find_room(const struct site *site);
void take_room(uint64_t room, uint64_t size);

#endif
