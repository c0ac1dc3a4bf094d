/*
 * screen_aid: the full-screen chat in a pseudo-terminal, with the scripted worker of fake_worker.c,
 * for test_screen.c and test_list.c, which include this once each.
 */
#ifndef TESTS_SCREEN_AID_H
#define TESTS_SCREEN_AID_H

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/fake_worker.c"
#include "tests/test.h"
#include "tests/vt.h"

enum { SOON = 5000 /* ms; what does not come by then never does */ };

typedef struct run {
	settings set;
	const char *term, *locale, *editor;
} run;

static char state_dir[] = "/tmp/imprint_screen_XXXXXX";
static char deep_dir[64]; /* below it; the program makes it */

static int child(void *arg)
{
	const run *r = arg;

	setenv("TERM", r->term ? r->term : "xterm-256color", 1);
	setenv("LC_ALL", r->locale ? r->locale : "C.UTF-8", 1);
	setenv("INPUTRC", "/dev/null", 0);
	setenv("EDITOR", r->editor ? r->editor : "false", 1);
	unsetenv("VISUAL");
	setlocale(LC_ALL, "");
	return chat_screen(&r->set);
}

static run run_default(void)
{
	return (run){ .set = { .data_dir = "/home/ann/.local/share/imprint",
			       .state_dir = deep_dir,
			       .color = -1 } };
}

static void start_with(terminal *t, int rows, int cols, run r)
{
	terminal_start(t, rows, cols, child, &r);
	CHECK(terminal_sees(t, rows < 5 || cols < 20 ? "too small" : "imprint-base", SOON));
}

__attribute__((unused)) static void start(terminal *t, int rows, int cols)
{
	start_with(t, rows, cols, run_default());
}

/* Waits for text on the screen, or for its going; shows the screen when it does not happen. */
static void expect(int at, terminal *t, const char *text, bool there)
{
	if (there ? terminal_sees(t, text, SOON) : terminal_loses(t, text, SOON))
		return;
	char *now = vt_text(&t->vt);

	test_report(__FILE__, at, text);
	printf("--- the screen is:\n%s", now);
	free(now);
}
#define SEES(text) expect(__LINE__, &t, text, true)
#define LOSES(text) expect(__LINE__, &t, text, false)

/* The terminal is as it was: cooked, main screen, no paste mode, cursor shown. */
static void check_restored(terminal *t)
{
	struct termios io;

	CHECK(!t->vt.alternate);
	CHECK(!t->vt.paste);
	CHECK(!t->vt.hidden);
	if (!tcgetattr(t->fd, &io))
		CHECK((io.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
	CHECK_INT(t->vt.unknown, 0);
}

static void leave(terminal *t)
{
	terminal_keys(t, "\025\004"); /* C-u, C-d */
	CHECK_INT(terminal_end(t, SOON), 0);
	check_restored(t);
	terminal_close(t);
}

/* ---- whole screens ---- */

__attribute__((unused)) static void compare_screen(terminal *t, const char *name)
{
	char path[256], *now = vt_text(&t->vt), *want = calloc(1, 1 << 20);

	snprintf(path, sizeof path, "tests/screens/%s.txt", name);
	if (getenv("UPDATE_SCREENS")) {
		FILE *f = fopen(path, "w");

		if (CHECK(f != NULL)) {
			fputs(now, f);
			fclose(f);
		}
	} else {
		FILE *f = fopen(path, "r");

		if (CHECK(f != NULL)) {
			fread(want, 1, (1 << 20) - 1, f);
			fclose(f);
			if (!CHECK(!strcmp(now, want)))
				printf("--- %s is now:\n%s", name, now);
		}
	}
	free(now);
	free(want);
}

/* False when there is nothing to test with. */
static bool screen_tests_begin(const char *name)
{
	if (!setlocale(LC_ALL, "C.UTF-8") || !mkdtemp(state_dir)) {
		test_skip(name, "no C.UTF-8 locale or no place for a folder");
		return false;
	}
	snprintf(deep_dir, sizeof deep_dir, "%s/state/imprint", state_dir);
	return true;
}

static int screen_tests_end(void)
{
	char clean_up[64];

	snprintf(clean_up, sizeof clean_up, "rm -rf %s", state_dir);
	if (system(clean_up))
		puts("the scratch folder stayed");
	return test_done();
}

#endif
