/*
 * fault: makes the Nth allocation of a test fail. Linking it replaces malloc, calloc, realloc and
 * aligned_alloc of the whole program, libraries included. Loops over N = 1, 2.. until nothing
 * failed any more.
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stdbool.h>

bool fault_available(void); /* false under a sanitizer, which brings its own allocator */
void fault_arm(long n);     /* allocation n from now fails, once; 0: none */
bool fault_fired(void);     /* since fault_arm(); disarms */
long fault_live(void);      /* blocks allocated and not freed by the program so far: for leaks */

#endif
