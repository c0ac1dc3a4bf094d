/*
 * fuzz_main: a fuzz target as a plain program.
 *     fuzz_NAME                the seeds, tests/fuzz/NAME.*, random changes of both
 *     fuzz_NAME FILE..         these inputs only, as they are
 *     fuzz_NAME --write DIR    the seeds as files, for libFuzzer's corpus
 */
#define _GNU_SOURCE 1
#include "engine/engine_int.h"
#include "fuzz.h"

#include <glob.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char current[300]; /* the input being run, for the message of a crash */
static int n_inputs, rounds; /* rounds: random changes of each input */

static void crashed(int sig)
{
	if (write(2, current, strlen(current)) < 0 || write(2, "\n", 1) < 0)
		_exit(3);
	signal(sig, SIG_DFL);
	raise(sig);
}

static unsigned char *copy_of(const void *bytes, size_t n)
{
	unsigned char *p = malloc(n ? n : 1); /* exact: a read past the end is seen */

	FUZZ_REQUIRE(p);
	if (n)
		memcpy(p, bytes, n);
	return p;
}

/* Damages p [*n]: a few bytes anywhere, or the end cut off. */
static void damage(rng *r, unsigned char *p, size_t *n)
{
	static const unsigned char often[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', 0x1b, '<', '|' };

	if (*n && rng_next(r) % 8 == 0)
		*n = rng_next(r) % *n;
	for (uint64_t k = rng_next(r) % 6; *n && k-- > 0;) {
		uint64_t x = rng_next(r);

		p[rng_next(r) % *n] = x & 256 ? (unsigned char)x : often[x % sizeof(often)];
	}
}

static void run(void *arg, const char *name, const void *bytes, size_t n)
{
	rng r;

	(void)arg;
	rng_seed(&r, (uint64_t)n_inputs++);
	for (int round = 0; round <= rounds; round++) {
		unsigned char *p = copy_of(bytes, n), *exact = NULL;
		size_t len = n;

		snprintf(current, sizeof(current), "fuzz_%s: input %s, change %d", fuzz_name, name, round);
		if (round) /* the first is as it is */
			damage(&r, p, &len);
		exact = copy_of(p, len);
		free(p);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
	}
}

static void run_file(const char *path)
{
	static unsigned char bytes[1 << 20];
	FILE *f = fopen(path, "rb");

	FUZZ_REQUIRE(f);
	size_t n = fread(bytes, 1, sizeof(bytes), f);

	fclose(f);
	run(NULL, path, bytes, n);
}

static void run_past_findings(void)
{
	char pattern[100];
	glob_t g = { 0 };

	snprintf(pattern, sizeof(pattern), "tests/fuzz/%s.*", fuzz_name);
	if (!glob(pattern, 0, NULL, &g))
		for (size_t i = 0; i < g.gl_pathc; i++)
			if (!strstr(g.gl_pathv[i], ".dict"))
				run_file(g.gl_pathv[i]);
	globfree(&g);
}

static void write_seed(void *arg, const char *name, const void *bytes, size_t n)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/seed-%s", (const char *)arg, name);
	FILE *f = fopen(path, "wb");

	FUZZ_REQUIRE(f && fwrite(bytes, 1, n, f) == n && !fclose(f));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--write")) {
		fuzz_seeds(write_seed, argv[2]);
		return 0;
	}
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	signal(SIGSEGV, crashed);
	signal(SIGBUS, crashed);
	signal(SIGFPE, crashed);
#endif
	signal(SIGABRT, crashed);
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	if (argc == 1) {
		rounds = fuzz_rounds;
		fuzz_seeds(run, NULL);
		run_past_findings();
	}
	printf("# passed %d failed 0 skipped 0\n", n_inputs);
	return 0;
}
