/*
 * The full-screen chat in a pseudo-terminal: nothing raw reaches the terminal, it is left as it was whatever ends the program,
 * and other terminals and locales are served.
 */
#include "tests/screen_aid.h"

static void test_nothing_raw_reaches_the_terminal(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "evil\r");
	SEES("ared  b"); /* from a\033[31mred\033[2J \033]0;title\a b */
	SEES("c d e");
	SEES("> evil");
	terminal_keys(&t, "\026\007\342\200\256x"); /* C-v C-g and a bidi override in the line */
	SEES("> ^G\uFFFDx");
	leave(&t);
}

static void test_every_byte_from_the_model(void)
{
	static const char *const locales[] = { "C.UTF-8", "POSIX" };
	terminal t;

	for (int i = 0; i < 2; i++) {
		run r = run_default();

		r.locale = locales[i];
		start_with(&t, 40, 80, r);
		terminal_keys(&t, "every byte\r");
		SEES("end of it");
		terminal_keys(&t, "typed");
		SEES("> typed");
		CHECK(t.vt.alternate && t.vt.paste && !t.vt.hidden);
		CHECK_INT(t.vt.unknown, 0);
		char *before = vt_text(&t.vt);

		terminal_keys(&t, "\014"); /* drawn anew it is the same: nothing moved the cursor */
		terminal_settles(&t, 60);
		char *after = vt_text(&t.vt);

		CHECK_STR(before, after);
		free(before);
		free(after);
		leave(&t);
	}
}

/* The terminal's window is closed: the program ends by itself. */
static void test_closed_terminal_ends_it(void)
{
	terminal t;

	for (int i = 0; i < 2; i++) {
		start(&t, 24, 80);
		if (i)
			terminal_keys(&t, "write on\r");
		close(t.fd);
		t.fd = -1;
		CHECK_INT(terminal_end(&t, SOON), 129);
	}
}

static void test_signals_restore(void)
{
	static const int signals_and_codes[][2] = { { SIGTERM, 143 },
						    { SIGHUP, 129 },
						    { SIGINT, 130 },
						    { SIGQUIT, 128 + SIGQUIT } };
	terminal t;

	for (int i = 0; i < 4; i++) {
		start(&t, 24, 80);
		kill(t.pid, signals_and_codes[i][0]);
		CHECK_INT(terminal_end(&t, SOON), signals_and_codes[i][1]);
		check_restored(&t);
		terminal_close(&t);
	}
}

static void test_crashes_restore(void)
{
	terminal t;

	for (int i = 0; i < 2; i++) {
		start(&t, 24, 80);
		terminal_keys(&t, i ? "/remember abort\r" : "/remember crash\r");
		int code = terminal_end(&t, SOON);

		CHECK(code == 128 + (i ? SIGABRT : SIGSEGV) ||
		      code == 1); /* 1: a sanitiser's report */
		if (code != 1)
			check_restored(&t);
		terminal_close(&t);
	}
}

static void test_fatal_error_is_said_after(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "/remember fatal\r");
	CHECK_INT(terminal_end(&t, SOON), EXIT_LEDGER);
	CHECK(vt_contains(&t.vt, "imprint: the ledger is used by process 77"));
	check_restored(&t);
	terminal_close(&t);
}

static void test_suspend(void)
{
	terminal t;
	int status;

	start(&t, 24, 80);
	terminal_keys(&t, "kept");
	SEES("> kept");
	/* The child leads a session, so its group is orphaned and a stop request is void: it comes
	 * straight back. */
	terminal_keys(&t, "\032");
	terminal_settles(&t, 100);
	CHECK(waitpid(t.pid, &status, WNOHANG) == 0);
	SEES("> kept");
	CHECK(t.vt.alternate && t.vt.paste);
	kill(t.pid, SIGSTOP);
	kill(t.pid, SIGCONT);
	terminal_keys(&t, "!");
	SEES("> kept!");
	leave(&t);
}

static void test_no_colour(void)
{
	terminal t;
	run r = run_default();
	int colored = 0;

	r.set.color = 0;
	start_with(&t, 24, 80, r);
	terminal_keys(&t, "my dog is called Biscuit\r/remember edit\r");
	SEES("(learning)");
	for (int y = 0; y < 24; y++)
		for (int x = 0; x < 80; x++)
			colored += t.vt.cell[y][x].color != 0;
	CHECK_INT(colored, 0);
	leave(&t);
}

static void test_other_terminals(void)
{
	static const char *const names[] = { "linux", "vt100", "screen", "tmux-256color", "rxvt" };
	terminal t;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		run r = run_default();

		r.term = names[i];
		start_with(&t, 24, 80, r);
		terminal_keys(&t, "my dog is called Biscuit\r/remember edit\r");
		SEES("noted #12: your dog's name is Biscuit (learning)");
		leave(&t);
	}
}

static void test_dumb_terminal_gets_lines(void)
{
	terminal t;
	run r = run_default();

	r.term = "dumb";
	terminal_start(&t, 24, 80, child, &r);
	SEES("cannot be drawn on: this is line mode");
	SEES(">");
	terminal_keys(&t, " /facts\r");
	SEES("begin the line with the slash");
	terminal_keys(&t, "/fcts\r");
	SEES("did you mean /facts?");
	terminal_keys(&t, "/quit\r");
	CHECK_INT(terminal_end(&t, SOON), 0);
	check_restored(&t);
	terminal_close(&t);
}

/* A C locale draws ASCII alone, but what is typed is kept whole. */
static void test_c_locale_keeps_characters(void)
{
	terminal t;
	run r = run_default();
	char path[128], line[256] = "";

	r.locale = "C";
	start_with(&t, 24, 80, r);
	terminal_keys(&t, "Zoë ✓é\177\r"); /* the last one goes whole */
	SEES("You said: Zo? ?");
	CHECK(!vt_contains(&t.vt, "Zo? ??"));
	leave(&t);
	snprintf(path, sizeof path, "%s/history", deep_dir);
	FILE *f = fopen(path, "r");

	REQUIRE(f != NULL);
	while (fgets(line, sizeof line, f))
		if (strstr(line, "Zo"))
			break;
	fclose(f);
	CHECK_STR(line, "Zoë ✓\n");
}

/* What was typed and not sent is there again at the next start, whatever ended this one. */
static void test_draft_comes_back(void)
{
	static const int how[] = { SIGHUP, SIGTERM };
	char path[128];
	struct stat st;
	terminal t;

	snprintf(path, sizeof path, "%s/draft", deep_dir);
	for (int i = 0; i < 2; i++) {
		start(&t, 24, 80);
		terminal_keys(&t, "half a\nthought");
		SEES("thought");
		kill(t.pid, how[i]);
		CHECK_INT(terminal_end(&t, SOON), 128 + how[i]);
		terminal_close(&t);
		CHECK(!stat(path, &st) && (st.st_mode & 0777) == 0600);
		start(&t, 24, 80);
		SEES("> half a");
		SEES("thought");
		SEES("not sent last time");
		CHECK(stat(path, &st) != 0);
		leave(&t);
	}
	start(&t, 24, 80);
	terminal_keys(&t, "another\003");
	LOSES("another"); /* cleared: not wanted */
	leave(&t);
	CHECK(stat(path, &st) != 0);
	run r = run_default();

	r.set.incognito = true;
	start_with(&t, 24, 80, r);
	terminal_keys(&t, "not kept");
	SEES("not kept");
	kill(t.pid, SIGHUP);
	CHECK_INT(terminal_end(&t, SOON), 129);
	terminal_close(&t);
	CHECK(stat(path, &st) != 0);
}

int main(void)
{
	if (!screen_tests_begin("test_screen_safe"))
		return test_done();
	TEST_RUN(test_nothing_raw_reaches_the_terminal);
	TEST_RUN(test_every_byte_from_the_model);
	TEST_RUN(test_closed_terminal_ends_it);
	TEST_RUN(test_signals_restore);
	TEST_RUN(test_crashes_restore);
	TEST_RUN(test_fatal_error_is_said_after);
	TEST_RUN(test_suspend);
	TEST_RUN(test_no_colour);
	TEST_RUN(test_other_terminals);
	TEST_RUN(test_dumb_terminal_gets_lines);
	TEST_RUN(test_c_locale_keeps_characters);
	TEST_RUN(test_draft_comes_back);
	return screen_tests_end();
}
