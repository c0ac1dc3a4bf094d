/*
 * The full-screen chat in a pseudo-terminal, with the scripted worker of fake_worker.c: what is
 * typed, what the screen shows, and how the terminal is left. Whole screens are compared with
 * tests/screens/ (made anew with UPDATE_SCREENS=1).
 */
#include "tests/screen_aid.h"

/* ---- whole screens ---- */

static void screen_at(int rows, int cols, const char *locale, const char *name)
{
	terminal t;
	run r = run_default();

	r.locale = locale;
	start_with(&t, rows, cols, r);
	terminal_keys(&t, "my dog is called Biscuit\r");
	SEES("for a dog.");
	SEES("noted #12");
	terminal_keys(&t, "/remember edit\r");
	SEES("(learning)");
	terminal_keys(&t, "half a line");
	SEES("> half a line");
	SEES("> /remember edit");
	compare_screen(&t, name);
	leave(&t);
}

static void test_screens(void)
{
	screen_at(24, 80, NULL, "edit-80x24");
	screen_at(40, 120, NULL, "edit-120x40");
	screen_at(60, 200, NULL, "edit-200x60");
	screen_at(12, 40, NULL, "edit-40x12");
	screen_at(24, 80, "C", "edit-80x24-ascii");
}

/* ---- a fact's way over the screen ---- */

static void test_noted_fact(void)
{
	terminal t;
	int y, x = 0;

	start(&t, 24, 80);
	SEES("/home/ann/.local/share/imprint"); /* the welcome says where */
	terminal_keys(&t, "my dog is called Biscuit\r");
	SEES("noted #12: your dog's name is Biscuit (queued) - /undo 12");
	y = vt_find(&t.vt, "> my dog is called Biscuit", &x);
	REQUIRE(y >= 0);
	CHECK(t.vt.cell[y][x + 19].attr & VT_UNDERLINE);
	CHECK(t.vt.cell[y][x + 25].attr & VT_UNDERLINE);
	CHECK(!(t.vt.cell[y][x + 18].attr & VT_UNDERLINE));
	CHECK_INT(vt_find(&t.vt, "noted #12", NULL), y + 1);
	terminal_keys(&t, "/remember edit\r");
	SEES("(learning) - /undo 12");
	SEES("search, step 8/60");
	terminal_keys(&t, "/remember done\r");
	SEES("(learned) - /undo 12");
	SEES("✓ learned #12");
	terminal_keys(&t, "/remember failed\r");
	SEES("(not learned: another answer changed");
	terminal_keys(&t, "/remember gone\r");
	SEES("(forgotten)");
	leave(&t);
}

/* What /remember finds is shown under the command, even when a message came before. */
static void test_remembered_fact(void)
{
	terminal t;
	int y, x = 0;

	start(&t, 24, 80);
	terminal_keys(&t, "hello\r/remember  my dog: Biscuit\r");
	SEES("noted #12");
	y = vt_find(&t.vt, "> /remember  my dog: Biscuit", &x);
	REQUIRE(y >= 0);
	CHECK_INT(vt_find(&t.vt, "noted #12", NULL), y + 1);
	CHECK(t.vt.cell[y][x + 21].attr & VT_UNDERLINE);
	CHECK(!(t.vt.cell[y][x + 20].attr & VT_UNDERLINE));
	leave(&t);
}

static void test_question_with_one_letter(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "/remember ask\r");
	SEES("[r/k/i]");
	terminal_keys(&t, "k\r");
	SEES("command: answer k");
	LOSES("[r/k/i]");
	terminal_size(&t, 12, 40); /* too narrow for the question in one line: it is there whole */
	terminal_keys(&t, "/remember ask\r");
	SEES("  You said Porto. Replace, keep both,");
	SEES("  or ignore? [r/k/i]");
	terminal_keys(&t, "I live in Rome"); /* a letter of a message is none */
	SEES("> I live in Rome");
	terminal_keys(&t, "\025No\r");
	SEES("command: answer i");
	leave(&t);
}

static void test_replaced_fact(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "my dog is called Biscuit\r");
	SEES("noted #12: your dog's name is Biscuit (queued) - /undo 12");
	terminal_keys(&t, "/remember replaced\r");
	SEES("noted #14: your dog's name is Rex; replaces #12 (queued) - /undo 14");
	SEES("noted #12: your dog's name is Biscuit (replaced by #14)");
	terminal_keys(&t, "/remember unsaid\r"); /* the message that told it was replaced: wherever it is shown */
	LOSES("replaced by #14");
	LOSES("replaces #12 (queued)");
	SEES("noted #14: your dog's name is Rex (forgotten)");
	SEES("noted #12: your dog's name is Biscuit (back)");
	leave(&t);
}

static void test_loading_is_shown(void)
{
	terminal t;

	start(&t, 24, 80);
	SEES("imprint-base");
	terminal_keys(&t, "/model large.gguf\r");
	SEES("opening the model, 34 %");
	LOSES("imprint-base");
	terminal_keys(&t, "/model default\r");
	SEES("imprint-base");
	LOSES("opening the model");
	leave(&t);
}

/* ---- typing ---- */

static void test_stop_and_waiting(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "write on\r");
	SEES("Once upon a time");
	terminal_keys(&t, "next one\r");
	SEES("waits: next one");
	terminal_keys(&t, "/stats\r");
	SEES("waits: /stats");
	terminal_keys(&t, "\033");
	SEES("Once upon a time [stopped]");
	SEES("You said: next one");
	SEES("command: stats");
	CHECK(vt_find(&t.vt, "[stopped]", NULL) < vt_find(&t.vt, "> next one", NULL));
	terminal_keys(&t, "write on and on\r");
	SEES("Once upon a time and on");
	terminal_keys(&t, "\003");
	SEES("Once upon a time and on [stopped]");
	leave(&t);
}

/* What was not answered comes back into the input line, once that is free. */
static void test_unanswered_message_comes_back(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "this never fits\nat all\r");
	SEES("the message is 7 tokens too long");
	terminal_keys(&t, "!");
	SEES("at all!"); /* there to be shortened */
	terminal_keys(&t, "\003fails later\r");
	SEES("> fails later");
	terminal_keys(&t, "half");
	SEES("> half");
	terminal_keys(&t, "\033");
	SEES("no luck");
	SEES("> half"); /* what is being typed is not disturbed */
	terminal_keys(&t, " a line\r");
	SEES("You said: half a line");
	terminal_keys(&t, "?");
	SEES("> fails later?");
	leave(&t);
}

static void test_dropped_turns_are_told(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "a long talk\r");
	SEES("You said: a long talk");
	SEES("its 14 oldest messages were dropped");
	SEES("context 300/512");
	SEES("14 old turns dropped");
	leave(&t);
}

/* What is said of a message stands above the line that was typed while it was answered. */
static void test_notices_stand_with_their_message(void)
{
	terminal t;
	char *now;

	start(&t, 24, 80);
	terminal_keys(&t, "a long talk\rand the next line\r");
	SEES("You said: and the next line");
	now = vt_text(&t.vt);
	const char *notice = strstr(now, "its 14 oldest messages were dropped"), *line = strstr(now, "> and the next line");

	CHECK(notice && line && notice < line);
	free(now);
	leave(&t);
}

static void test_interrupt_clears_then_quits(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "to be dropped");
	SEES("> to be dropped");
	terminal_keys(&t, "\003");
	LOSES("dropped");
	terminal_keys(&t, "\003");
	SEES("Ctrl-C again quits");
	terminal_keys(&t, "\003");
	CHECK_INT(terminal_end(&t, SOON), 0);
	check_restored(&t);
	terminal_close(&t);
}

static void test_editing_and_history(void)
{
	terminal t;
	struct stat st;
	char path[128];

	start(&t, 24, 80);
	terminal_keys(&t, "naïve café 日本\r");
	SEES("You said: naïve café 日本");
	terminal_keys(&t, "second\r");
	SEES("You said: second");
	terminal_keys(&t, "\033[A\033[A");
	SEES("> naïve café 日本");
	terminal_keys(&t, "\001X");
	SEES("> Xnaïve café");
	terminal_keys(&t, "\003\022caf");
	SEES("(reverse-i-search)`caf': naïve café");
	terminal_keys(&t, "é");
	SEES("(reverse-i-search)`café': naïve café");
	terminal_keys(&t, "\033");
	LOSES("reverse");
	SEES("> naïve café 日本");
	terminal_keys(&t, "\005 end\r");
	SEES("You said: naïve café 日本 end");
	leave(&t);
	snprintf(path, sizeof path, "%s/history", deep_dir);
	REQUIRE(!stat(path, &st));
	CHECK_INT(st.st_mode & 0777, 0600);
	REQUIRE(!stat(deep_dir, &st));
	CHECK_INT(st.st_mode & 0777, 0700);
	start(&t, 24, 80); /* and after a restart */
	terminal_keys(&t, "\033[A");
	SEES("> naïve café 日本 end");
	leave(&t);
}

static void test_newlines_and_pastes(void)
{
	terminal t;
	char *big = malloc(300 * 1024);

	start(&t, 24, 80);
	terminal_keys(&t, "one\ntwo\033\rthree");
	SEES("> one");
	SEES("three");
	terminal_keys(&t, "\033[A\033[A!\r"); /* up inside the line, not into the history */
	SEES("You said: o!ne");
	SEES("  three");
	terminal_keys(&t, "\033[200~pasted\rtwo\t\033[31mlines\033[0m\r\033[201~");
	SEES("> pasted"); /* not sent: it is one message */
	SEES("two     lines");
	terminal_keys(&t, "\r");
	SEES("You said: pasted");
	REQUIRE(big != NULL);
	memset(big, 'x', 300 * 1024);
	terminal_keys(&t, "\033[200~");
	terminal_type(&t, big, 300 * 1024);
	terminal_keys(&t, "\033[201~");
	SEES("has been cut");
	terminal_keys(&t, "\r");
	SEES("You said: a lot");
	free(big);
	leave(&t);
}

static void test_completion_and_guard(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "/forg\t");
	SEES("> /forget");
	terminal_keys(&t, "\025/re\t\t");
	SEES("/remember  /resume  /retry");
	terminal_keys(&t, "m");
	LOSES("/resume"); /* stale by now */
	terminal_size(&t, 24, 40);
	terminal_keys(&t, "\025/\t\t"); /* more than a row of them */
	SEES("/bye");
	SEES("/history");
	terminal_size(&t, 24, 80);
	terminal_keys(&t, "\025/set th\t\t"); /* what a command takes */
	SEES("> /set theme");
	terminal_keys(&t, "\025/set theme li\t");
	SEES("> /set theme light");
	terminal_keys(&t, "\025/help forg\t");
	SEES("> /help forget");
	terminal_keys(&t, "\025/undo 4\t\t"); /* what the ledger knew at the start */
	SEES("4  40");
	terminal_keys(&t, "\025/load 4\t\t"); /* no fact is meant */
	SEES("> /load 4");
	CHECK(!vt_contains(&t.vt, "4  40"));
	terminal_keys(&t, "\025/model assets/imprint-base.gg\t");
	SEES("> /model assets/imprint-base.gguf");
	terminal_keys(&t, "\025/export gguf tests/scree\t");
	SEES("> /export gguf tests/screen");
	terminal_keys(&t, "\025/forget bis\t");
	SEES("> /forget Biscuit");
	terminal_keys(&t, "\025/queue fi\t");
	SEES("> /queue first");
	terminal_keys(&t, "\025/queue bis\t"); /* words are looked for, too */
	SEES("> /queue Biscuit");
	terminal_keys(&t, "\025/sessions --re\t");
	SEES("> /sessions --rename");
	terminal_keys(&t, "\025/fcts\r");
	SEES("did you mean /facts?");
	SEES("> /fcts"); /* still there to correct */
	terminal_keys(&t, "\025//fcts\r");
	SEES("You said: /fcts");
	leave(&t);
}

static void test_function_keys(void)
{
	terminal t;

	start(&t, 30, 80);
	terminal_keys(&t, "\033OP");
	SEES("lines entered before");
	SEES("/remember [-n] TEXT");
	terminal_keys(&t, " ");
	SEES("[--purge]");
	LOSES("Ctrl-X Ctrl-E");
	terminal_keys(&t, "\033[A\033[Bjkb");
	SEES("Ctrl-X Ctrl-E");
	terminal_size(&t, 30, 40); /* laid out anew, without a right column */
	SEES("     the line in your editor");
	terminal_size(&t, 30, 80);
	SEES("Ctrl-X Ctrl-E         the line in your editor");
	terminal_keys(&t, "q");
	LOSES("lines entered before");
	terminal_keys(&t, "\033OP");
	SEES("lines entered before");
	terminal_keys(&t, "what"); /* typing goes on where it is seen */
	LOSES("lines entered before");
	SEES("> what");
	terminal_keys(&t, "\025");
	terminal_keys(&t, "\033OQ");
	SEES("facts: 40");
	terminal_keys(&t, "\033[13~");
	SEES("queue: 2");
	terminal_keys(&t, "\033[13~");
	LOSES("queue: 2");
	terminal_keys(&t, "\033OS");
	SEES("nothing is being learned");
	terminal_keys(&t, "\033OS");
	LOSES("nothing is being learned");
	terminal_keys(&t, "\033[99~\033]11;rgb:00/00/00\033\\\033[?1;2cok"); /* no key, no text */
	SEES("> ok");
	leave(&t);
}

static void test_own_key_bindings(void)
{
	terminal t;
	char path[64];

	snprintf(path, sizeof path, "%s/inputrc", state_dir);
	FILE *f = fopen(path, "w");
	REQUIRE(f != NULL);
	fputs("$if imprint\n\"\\C-xq\": show-queue\n\"\\C-xn\": insert-newline\n$endif\n", f);
	fclose(f);
	setenv("INPUTRC", path, 1);
	start(&t, 24, 80);
	unsetenv("INPUTRC");
	terminal_keys(&t, "one\030ntwo");
	SEES("two");
	CHECK(!vt_contains(&t.vt, "onetwo"));
	terminal_keys(&t, "\030q");
	SEES("queue: 2");
	terminal_keys(&t, "\033");
	LOSES("queue: 2");
	terminal_keys(&t, "\003");
	LOSES("two");
	leave(&t);
}

static void test_editor(void)
{
	terminal t;
	run r = run_default();
	char path[64];

	snprintf(path, sizeof path, "%s/editor", state_dir);
	FILE *f = fopen(path, "w");
	REQUIRE(f != NULL);
	fputs("printf ' from the editor\\n' >>\"$1\"\n", f);
	fclose(f);
	snprintf(path, sizeof path, "sh %s/editor",
		 state_dir); /* an editor with an argument of its own */
	r.editor = path;
	start_with(&t, 24, 80, r);
	terminal_keys(&t, "draft\030\005");
	SEES("> draft from the editor");
	CHECK(t.vt.alternate && t.vt.paste);
	leave(&t);
}

static void test_vi_mode(void)
{
	terminal t;
	char path[64];

	snprintf(path, sizeof path, "%s/inputrc", state_dir);
	FILE *f = fopen(path, "w");
	REQUIRE(f != NULL);
	fputs("set editing-mode vi\n", f);
	fclose(f);
	setenv("INPUTRC", path, 1);
	start(&t, 24, 80);
	unsetenv("INPUTRC");
	terminal_keys(&t, "hello");
	SEES("> hello");
	terminal_keys(&t, "\033");
	terminal_settles(&t, 100); /* Esc is told from a sequence by time alone */
	terminal_keys(&t, "0xi-");
	SEES("> -ello");
	terminal_keys(&t, "\003\004");
	CHECK_INT(terminal_end(&t, SOON), 0);
	terminal_close(&t);
}

/* ---- scrolling and size ---- */

static void test_scrolling(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "/remember many\r");
	SEES("fact number 60");
	terminal_keys(&t, "\033[5~");
	LOSES("fact number 60");
	SEES("below");
	terminal_keys(&t, "\033[1;5H");
	SEES("imprint learns what you tell it");
	terminal_keys(&t, "/remember done"); /* typing does not scroll */
	SEES("> /remember done");
	CHECK(vt_contains(&t.vt, "imprint learns what you tell it"));
	terminal_keys(&t, "\033[1;5F");
	SEES("fact number 60");
	leave(&t);
}

static void test_new_text_below(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "/remember many\r");
	SEES("fact number 60");
	terminal_keys(&t, "write on\r");
	SEES("Once upon a time");
	terminal_keys(&t, "\033[1;5H");
	SEES("imprint learns what you tell it");
	terminal_keys(&t, "\003"); /* that the reply ends is told below */
	SEES("new, ");
	CHECK(vt_contains(&t.vt, "imprint learns what you tell it"));
	leave(&t);
}

static void test_resizing(void)
{
	static const int sizes[][2] = { { 24, 80 },  { 12, 40 }, { 3, 10 },  { 1, 1 },
					{ 60, 200 }, { 5, 20 },  { 40, 120 } };
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "my dog is called Biscuit\r/remember edit\rtyped before");
	SEES("typed before");
	for (int i = 0; i < 70; i++)
		terminal_size(&t, sizes[i % 7][0], sizes[i % 7][1]);
	SEES("> typed before");
	SEES("│ learning #12");
	terminal_size(&t, 4, 19);
	SEES("too small");
	terminal_size(&t, 24, 80);
	SEES("── learning #12");
	SEES("> typed before");
	leave(&t);
}

static void test_tiny_terminal_works_on(void)
{
	terminal t;

	start(&t, 4, 19);
	terminal_keys(&t, "hello\r");
	terminal_size(&t, 24, 80);
	SEES("You said: hello");
	leave(&t);
}

/* ---- conversations ---- */

static void test_long_output_is_shown_from_its_beginning(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "/remember many\r");
	SEES("fact number 60");
	terminal_keys(&t, "/remember long\r");
	SEES("> /remember long");
	SEES("  name      a line that is long enough to go on under its column, whatever the");
	SEES("            terminal's width is");
	SEES("below");
	CHECK(!vt_contains(&t.vt, "line 60"));
	terminal_keys(&t, "hello\r"); /* a message follows again */
	SEES("You said: hello");
	SEES("line 60");
	leave(&t);
}

static void test_long_command_is_seen_and_stopped(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "/remember for ever\rabc");
	SEES("working, Esc stops");
	SEES("> abc"); /* typing goes on */
	terminal_keys(&t, "\033");
	SEES("    stopped");
	LOSES("working");
	SEES("> abc");
	leave(&t);
}

static void test_reply_again_and_message_changed(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "/edit\r");
	SEES("nothing has been said yet");
	terminal_keys(&t, "helo\r");
	SEES("You said: helo");
	terminal_keys(&t, "/regen\r");
	SEES("You said: helo [replaced]");
	SEES("You said: the same again");
	terminal_keys(&t, "/edit\r");
	SEES("> /edit helo");
	terminal_keys(&t, " never fits\r"); /* then it takes nothing's place */
	SEES("the message is 7 tokens too long");
	SEES("> /edit helo never fits");
	CHECK(!vt_contains(&t.vt, "the same again [replaced]"));
	terminal_keys(&t, "\003/edit\r");
	SEES("> /edit helo");
	terminal_keys(&t, "\177lo there\r");
	SEES("> hello there");
	SEES("You said: hello there");
	SEES("the same again [replaced]");
	CHECK(!vt_contains(&t.vt, "[no answer] [replaced]"));
	terminal_keys(&t, "write on\r");
	SEES("Once upon a time");
	terminal_keys(&t, "/regen\r"); /* after the reply that is being written */
	SEES("waits: /regen");
	terminal_keys(&t, "\033");
	SEES("[stopped] [replaced]");
	terminal_keys(&t, "/new\r/edit\r");
	SEES("nothing has been said yet");
	leave(&t);
}

static void test_earlier_conversation_goes_on(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "something else\r");
	SEES("You said: something else");
	terminal_keys(&t, "/sessions\r");
	SEES("sessions: 2");
	SEES("this one");
	terminal_keys(&t, "\033d"); /* Alt-d */
	SEES("Alt-d again deletes conversation 8 for good");
	terminal_keys(&t, "\033[B");
	LOSES("Alt-d again");
	terminal_keys(&t, "\033d");
	SEES("Alt-d again deletes conversation 7 for good");
	terminal_keys(&t, "\033d");
	SEES("command: sessions --delete 7");
	terminal_keys(&t, "dog"); /* in any of the messages: the ledger is asked */
	SEES("sessions: 1 of 1");
	terminal_keys(&t, "\r");
	SEES("  Your dog is called Biscuit.");
	SEES("conversation 7 goes on.");
	CHECK(!vt_contains(&t.vt, "something else"));
	terminal_keys(&t, "/edit\r");
	SEES("> /edit what is my dog called?");
	terminal_keys(&t, "\003/load 7\rtyped ahead\r"); /* before the messages of 7 come */
	SEES("You said: typed ahead");
	SEES("> typed ahead");
	terminal_keys(&t, "/edit\r");
	SEES("> /edit typed ahead");
	leave(&t);
}

static void test_copy(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "hello\r/copy\r");
	SEES("/set clipboard on allows it");
	CHECK_STR(t.vt.clipboard, "");
	terminal_keys(&t, "/set clipboard on\r/copy\r");
	SEES("15 bytes sent to the clipboard");
	CHECK_STR(t.vt.clipboard, "c;WW91IHNhaWQ6IGhlbGxv"); /* You said: hello */
	leave(&t);
}

/* An idle program sleeps: no output, and no processor time worth a tick. */
static void test_idle_costs_nothing(void)
{
	terminal t;
	char path[64], stat_line[512] = "";
	unsigned long user[2] = { 0 }, system[2] = { 0 };

	start(&t, 24, 80);
	terminal_settles(&t, 60);
	snprintf(path, sizeof path, "/proc/%d/stat", (int)t.pid);
	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(path, "r");

		if (!f)
			break;
		if (fgets(stat_line, sizeof stat_line, f))
			sscanf(strrchr(stat_line, ')') + 1,
			       " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user[i],
			       &system[i]);
		fclose(f);
		if (!i)
			CHECK_INT(terminal_settles(&t, 150), 0);
	}
	CHECK(user[1] + system[1] <= user[0] + system[0] + 1);
	leave(&t);
}

int main(void)
{
	if (!screen_tests_begin("test_screen"))
		return test_done();
	TEST_RUN(test_screens);
	TEST_RUN(test_noted_fact);
	TEST_RUN(test_remembered_fact);
	TEST_RUN(test_question_with_one_letter);
	TEST_RUN(test_replaced_fact);
	TEST_RUN(test_loading_is_shown);
	TEST_RUN(test_stop_and_waiting);
	TEST_RUN(test_unanswered_message_comes_back);
	TEST_RUN(test_dropped_turns_are_told);
	TEST_RUN(test_notices_stand_with_their_message);
	TEST_RUN(test_interrupt_clears_then_quits);
	TEST_RUN(test_editing_and_history);
	TEST_RUN(test_newlines_and_pastes);
	TEST_RUN(test_completion_and_guard);
	TEST_RUN(test_function_keys);
	TEST_RUN(test_own_key_bindings);
	TEST_RUN(test_editor);
	TEST_RUN(test_vi_mode);
	TEST_RUN(test_scrolling);
	TEST_RUN(test_new_text_below);
	TEST_RUN(test_resizing);
	TEST_RUN(test_tiny_terminal_works_on);
	TEST_RUN(test_long_output_is_shown_from_its_beginning);
	TEST_RUN(test_long_command_is_seen_and_stopped);
	TEST_RUN(test_reply_again_and_message_changed);
	TEST_RUN(test_earlier_conversation_goes_on);
	TEST_RUN(test_copy);
	TEST_RUN(test_idle_costs_nothing);
	return screen_tests_end();
}
