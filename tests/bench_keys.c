/*
 * bench_keys: what the screen costs and how fast it is. Runs the program in a pseudo-terminal with a
 * ledger of its own, types while it learns and replies, and measures from the key's write to the
 * moment the emulated screen shows it; then the repaints a second while nothing is typed, and what
 * the process does when idle. Figures only: nothing passes or fails. "own" leaves out the time that
 * the program's main thread and this program stood ready and had no processor, which on a machine
 * with other work is most of it.
 *
 *     build/release/tests/bench_keys ./imprint [rows columns]
 */
#include <dirent.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/vt.h"

enum { SAMPLES = 300, LINE = 60 /* letters before the line is cleared */, OPEN_MS = 60000 };

typedef struct figures {
	double ms[SAMPLES], own[SAMPLES];
	int n, lost;
} figures;

static char home[] = "/tmp/imprint_keys_XXXXXX";

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int child(void *arg)
{
	terminal_environment(home);
	execl((char *)arg, "imprint", (char *)NULL);
	return 127;
}

/* Reads what comes for ms. Returns how often something came: the frames, each one write. */
static int watch(terminal *t, double ms)
{
	int frames = 0;

	for (double end = now() + ms, left; (left = end - now()) > 0;) {
		ssize_t n = terminal_pump(t, (int)left + 1);

		if (n < 0)
			break;
		frames += n > 0;
	}
	return frames;
}

/* Milliseconds that the main threads of both programs have waited for a processor so far. */
static double queued(pid_t pid)
{
	double all = 0;
	char path[64];

	for (int i = 0; i < 2; i++) {
		unsigned long long run, wait;

		snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)(i ? getpid() : pid),
			 (int)(i ? getpid() : pid));
		FILE *f = fopen(path, "r");

		if (f && fscanf(f, "%llu %llu", &run, &wait) == 2)
			all += (double)wait * 1e-6;
		if (f)
			fclose(f);
	}
	return all;
}

/* Types letters at uneven intervals; each counts from its write to its appearance. */
static void type_letters(terminal *t, figures *f, int samples)
{
	char line[LINE + 3] = "> ";
	size_t at = 2;

	for (int i = 0; i < samples && f->n + f->lost < SAMPLES; i++) {
		char letter[2] = { (char)('a' + i * 7 % 26), 0 };

		if (at == LINE + 2) {
			terminal_keys(t, "\025");
			terminal_loses(t, line, 2000);
			at = 2;
		}
		line[at++] = *letter;
		line[at] = 0;
		double waited = queued(t->pid), begun = now();

		terminal_keys(t, letter);
		if (terminal_sees(t, line, 2000)) {
			f->ms[f->n] = now() - begun;
			waited = queued(t->pid) - waited;
			f->own[f->n] = waited < f->ms[f->n] ? f->ms[f->n] - waited : 0;
			f->n++;
		} else {
			f->lost++;
		}
		watch(t, 11 + i * 13 % 37);
	}
	terminal_keys(t, "\025");
	terminal_loses(t, line, 2000);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(const char *what, figures *f)
{
	qsort(f->ms, (size_t)f->n, sizeof *f->ms, by_size);
	qsort(f->own, (size_t)f->n, sizeof *f->own, by_size);
	if (f->n)
		printf("%-28s %4d keys  p50 %5.2f  p99 %5.2f  max %5.2f ms;  own p50 %5.2f  p99 %5.2f  max %5.2f ms;  "
		       "lost %d\n", what, f->n, f->ms[f->n / 2], f->ms[f->n * 99 / 100], f->ms[f->n - 1],
		       f->own[f->n / 2], f->own[f->n * 99 / 100], f->own[f->n - 1], f->lost);
	fflush(stdout);
}

/* Processor time in ms and voluntary waits of all threads of the process. */
static void process_cost(pid_t pid, double *ms, long *waits)
{
	char path[300], line[256];

	*ms = 0;
	*waits = 0;
	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *d = opendir(path);

	for (struct dirent *e; d && (e = readdir(d));) {
		unsigned long long ns = 0;
		long n = 0;
		FILE *f;

		if (*e->d_name == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", (int)pid, e->d_name);
		if ((f = fopen(path, "r"))) {
			if (fscanf(f, "%llu", &ns) == 1)
				*ms += (double)ns * 1e-6;
			fclose(f);
		}
		snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", (int)pid, e->d_name);
		for (f = fopen(path, "r"); f && fgets(line, sizeof line, f);)
			if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1)
				*waits += n;
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
}

static void idle(terminal *t)
{
	double ms[2];
	long waits[2];

	terminal_keys(t, "/pause\r"); /* what still waits in the queue is not learned now */
	terminal_sees(t, "editing is paused", 20000);
	terminal_settles(t, 7000); /* the pane has closed */
	process_cost(t->pid, &ms[0], &waits[0]);
	int frames = watch(t, 5000);

	process_cost(t->pid, &ms[1], &waits[1]);
	printf("%-28s %.2f ms of processor time, %ld wake-ups, %d frames in 5 s\n", "idle", ms[1] - ms[0],
	       waits[1] - waits[0], frames);
}

static const char *const facts[] = {
	"my dog is called Biscuit",	"my cat is called Miso",  "my sister's name is Ana",
	"my favorite color is teal",	"I work as a welder",	  "my brother's name is Tomas",
	"my favorite food is lasagna",	"I live in Porto",
};

static void measure(terminal *t)
{
	figures calm = { .n = 0 }, learning = { .n = 0 }, replying = { .n = 0 };
	char line[128];

	type_letters(t, &calm, 100);
	report("nothing else going on", &calm);
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		snprintf(line, sizeof line, "/remember %s\r", facts[i]);
		terminal_keys(t, line);
	}
	terminal_sees(t, "(learning)", 20000);
	type_letters(t, &learning, 150);
	report("while an edit runs", &learning);
	for (int i = 0; i < 6; i++) {
		terminal_keys(t, "tell me a long story about the sea\r");
		type_letters(t, &replying, 25);
	}
	report("while a reply and edits run", &replying);
	for (int i = 0; i < 8; i++)
		terminal_keys(t, "tell me a long story about the sea\r");
	printf("%-28s %.1f frames a second over 3 s\n", "replies, nothing typed", watch(t, 3000) / 3.0);
	idle(t);
}

int main(int argc, char **argv)
{
	static terminal t;
	char clean_up[64];

	if (argc != 2 && argc != 4) {
		fputs("usage: bench_keys PROGRAM [ROWS COLUMNS]\n", stderr);
		return 2;
	}
	setlocale(LC_ALL, "C.UTF-8");
	if (!mkdtemp(home)) {
		perror(home);
		return 1;
	}
	terminal_start(&t, argc == 4 ? atoi(argv[2]) : 24, argc == 4 ? atoi(argv[3]) : 80, child, argv[1]);
	if (terminal_loses(&t, "opening the model", OPEN_MS) && terminal_sees(&t, "F1 help", OPEN_MS) &&
	    terminal_loses(&t, "opening the model", OPEN_MS))
		measure(&t);
	else
		puts("the program did not open its model");
	terminal_keys(&t, "\003\003\004");
	terminal_end(&t, 10000);
	terminal_close(&t);
	snprintf(clean_up, sizeof clean_up, "rm -rf %s", home);
	return system(clean_up) != 0;
}
