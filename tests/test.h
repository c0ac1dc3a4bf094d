/*
 * A test program is a main() made of TEST_RUN lines. CHECK records a failure and goes on, REQUIRE leaves the test.
 * The closing line "# passed P failed F skipped S" is read by tests/run.sh, which adds up all programs.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <math.h>
#include <stdio.h>
#include <string.h>

static int test_passed, test_failed, test_skipped;
static int test_bad; /* failures inside the running test */
static const char *test_name;

#define CHECK(cond) ((cond) ? 1 : (test_report(__FILE__, __LINE__, #cond), 0))
#define REQUIRE(cond)                                                                              \
	do {                                                                                       \
		if (!CHECK(cond))                                                                  \
			return;                                                                    \
	} while (0)
#define CHECK_STR(a, b) test_str(__FILE__, __LINE__, (a), (b))
#define CHECK_INT(a, b) test_int(__FILE__, __LINE__, (long long)(a), (long long)(b))
#define TEST_RUN(fn) test_run(#fn, fn)

static inline void test_report(const char *file, int line, const char *what)
{
	test_bad++;
	printf("%s:%d: %s: not true: %s\n", file, line, test_name, what);
}

static inline int test_str(const char *file, int line, const char *a, const char *b)
{
	if (a && b && !strcmp(a, b))
		return 1;
	test_bad++;
	printf("%s:%d: %s: \"%s\" is not \"%s\"\n", file, line, test_name, a ? a : "(null)",
	       b ? b : "(null)");
	return 0;
}

static inline int test_int(const char *file, int line, long long a, long long b)
{
	if (a == b)
		return 1;
	test_bad++;
	printf("%s:%d: %s: %lld is not %lld\n", file, line, test_name, a, b);
	return 0;
}

static inline void test_run(const char *name, void (*fn)(void))
{
	test_name = name;
	test_bad = 0;
	fn();
	if (test_bad)
		test_failed++;
	else
		test_passed++;
}

/* A skipped test says why; it counts neither as passed nor as failed. */
static inline void test_skip(const char *name, const char *why)
{
	test_skipped++;
	printf("skipped: %s: %s\n", name, why);
}

static inline int test_done(void)
{
	printf("# passed %d failed %d skipped %d\n", test_passed, test_failed, test_skipped);
	return test_failed ? 1 : 0;
}

#endif
