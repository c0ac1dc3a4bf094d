/*
 * fault: makes the Nth allocation of a test fail, and counts them. Linking it replaces malloc, calloc,
 * realloc, aligned_alloc, free, mmap and munmap of the whole program, libraries included. Loops over
 * N = 1, 2.. until nothing failed any more.
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stdbool.h>
#include <stddef.h>

bool fault_available(void); /* false under a sanitizer, which brings its own allocator */
void fault_arm(long n);     /* allocation n from now fails, once; 0: none */
bool fault_fired(void);     /* since fault_arm(); disarms */
long fault_live(void);      /* blocks allocated and not freed, bytes mapped and not unmapped: for leaks */
long fault_calls(void);     /* of any of the functions so far, by any thread (mmap and munmap: the first only) */
void fault_watch(void);     /* from here on.. */
size_t fault_peak(void);    /* ..the most bytes held at once, beyond those held then */

#endif
