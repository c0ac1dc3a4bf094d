/*
 * fuzz: what a fuzz target is. Each tests/fuzz_NAME.c defines the four names below; linked with
 * fuzz_main.c (any compiler) it runs its seeds, what was found before and some random damage and is a
 * test of `make test`; linked with libFuzzer (`make fuzz`) it goes on looking.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef void fuzz_put(void *arg, const char *name, const void *bytes, size_t n);

extern const char fuzz_name[]; /* past findings are in tests/fuzz/NAME.* */
extern const int fuzz_rounds;  /* random changes of each seed that make about a second's work */
void fuzz_seeds(fuzz_put *put, void *arg);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* returns 0, or does not return */

#define FUZZ_REQUIRE(cond)                                                                         \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond);       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
