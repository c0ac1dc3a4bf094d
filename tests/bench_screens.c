/*
 * bench_screens: the screens that the README shows, from the program itself, in a pseudo-terminal with a ledger of its own.
 *
 *     build/release/tests/bench_screens ./imprint FIRST SECOND    writes each screen's text to a file
 *
 * `make screens` runs it and puts what it wrote into the README.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/vt.h"

enum { LONG_MS = 60000 };

static char home[] = "/tmp/imprint_screens_XXXXXX";

typedef struct start {
	char *program, *option[2]; /* NULL: none */
} start;

static int child(void *arg)
{
	const start *s = arg;

	terminal_environment(home);
	execl(s->program, "imprint", s->option[0], s->option[1], (char *)NULL);
	return 127;
}

static bool wait_for(terminal *t, const char *text)
{
	if (terminal_sees(t, text, LONG_MS))
		return true;
	char *now = vt_text(&t->vt);

	fprintf(stderr, "'%s' was not seen:\n%s", text, now);
	free(now);
	return false;
}

static bool write_screen(const terminal *t, const char *path)
{
	FILE *f = fopen(path, "w");
	char *text = vt_text(&t->vt);
	bool ok = f && fputs(text, f) >= 0;

	free(text);
	return f && !fclose(f) && ok;
}

static bool leave(terminal *t)
{
	terminal_keys(t, "\025\004");
	bool ok = terminal_end(t, LONG_MS) == 0;

	terminal_close(t);
	return ok;
}

/* The first start has more to say than a picture needs. */
static bool first_start(start s)
{
	terminal t;

	terminal_start(&t, 18, 100, child, &s);
	bool ok = wait_for(&t, "imprint-base");

	return leave(&t) && ok;
}

static bool learning(start s, const char *path)
{
	terminal t;

	s.option[0] = "--no-warm-start";
	s.option[1] = "--search=fit";
	terminal_start(&t, 18, 100, child, &s);
	bool ok = wait_for(&t, "imprint-base");

	terminal_keys(&t, "Hi! My dog is called Biscuit.\r");
	ok = ok && wait_for(&t, "step 7/") && write_screen(&t, path) && wait_for(&t, "(learned)");
	return leave(&t) && ok;
}

static bool proving(start s, const char *path)
{
	terminal t;

	terminal_start(&t, 18, 100, child, &s);
	bool ok = wait_for(&t, "imprint-base");

	terminal_keys(&t, "/prove 1\r");
	ok = ok && wait_for(&t, " below") && write_screen(&t, path);
	return leave(&t) && ok;
}

int main(int argc, char **argv)
{
	start s = { .program = argc > 1 ? argv[1] : NULL };
	char command[64];

	setlocale(LC_ALL, "C.UTF-8");
	if (argc != 4 || !mkdtemp(home)) {
		fprintf(stderr, "usage: bench_screens PROGRAM FIRST SECOND\n");
		return 2;
	}
	bool ok = first_start(s) && learning(s, argv[2]) && proving(s, argv[3]);

	snprintf(command, sizeof command, "rm -rf %s", home);
	if (system(command))
		fprintf(stderr, "%s stayed\n", home);
	return !ok;
}
