// What the parts of the random caller share.
#pragma once
#include <stdint.h>

#define HIGHEST 470
#define AREA_PAGES 8

// The kinds of a call's arguments, a letter each (values.c); NULL: six of any kind.
extern const char *const signatures[HIGHEST];

// Random numbers of this thread: the same seed gives the same ones.
extern __thread uint64_t state;
uint64_t next(void);

// Memory that calls are given: pages of values, texts and structures, then a hole. `spare` may be unmapped, protected and moved by calls.
extern char *area, *spare;

void make_world(void);
void fill(void);
uint64_t argument(char kind);

// Where a thread begins that a random clone makes.
void born(void);
