#include "harness.h"
int child_main(int count, char **words) { (void)count; (void)words; return 0; }
