/*
 * Every terminal that is tried, at every size and in both kinds of locale: a message, facts, an edit, a list, the help, a
 * resize, and the way out. tests/terminals.md is the table. With the scripted worker of fake_worker.c.
 */
#include "tests/screen_aid.h"

static const char *const terms[] = { "xterm-256color", "xterm", "linux", "vt100", "vt220", "screen", "tmux-256color", "rxvt", "ansi" };
static const struct {
	int rows, cols;
	const char *editing; /* where an edit is shown */
} sizes[] = { { 60, 200, "│ learning #12" }, { 40, 120, "│ learning #12" }, { 24, 80, "── learning #12" },
	      { 12, 40, "#12 search 8/60" }, { 8, 30, "#12 search 8/60" }, { 5, 20, "#12 search" } };

static void try(const char *term, size_t size, const char *locale)
{
	terminal t;
	run r = run_default();
	const char *editing = sizes[size].editing;

	r.term = term;
	r.locale = locale;
	terminal_start(&t, sizes[size].rows, sizes[size].cols, child, &r);
	SEES("imprint-base");
	terminal_keys(&t, "my dog is called Biscuit\r/remember edit\r");
	SEES(!strcmp(locale, "C") && strchr("\xe2", *editing) ? strstr(editing, "learning") : editing);
	terminal_keys(&t, "\033OQ");
	SEES("> #40");
	terminal_keys(&t, "\033");
	LOSES("> #40");
	terminal_keys(&t, "\033OP");
	SEES("Tell imprint");
	terminal_size(&t, 24, 80);
	SEES("Esc closes");
	terminal_keys(&t, "ready");
	SEES("> ready");
	terminal_size(&t, sizes[size].rows, sizes[size].cols);
	SEES("> ready");
	leave(&t);
}

static void test_every_terminal(void)
{
	for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
		try(terms[i], 2, i % 2 ? "C" : "C.UTF-8");
}

static void test_every_size(void)
{
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		try("xterm-256color", i, "C.UTF-8");
		try("vt100", i, "C");
	}
}

int main(void)
{
	if (!screen_tests_begin("test_terminals"))
		return test_done();
	TEST_RUN(test_every_terminal);
	TEST_RUN(test_every_size);
	return screen_tests_end();
}
