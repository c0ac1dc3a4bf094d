/*
 * What goes over the whole screen: the lists of facts, queue and history; and the search in the
 * conversation. With the scripted worker of fake_worker.c.
 */
#include "tests/screen_aid.h"

static void test_find(void)
{
	terminal t;
	int y, x = 0;

	start(&t, 24, 80);
	terminal_keys(&t, "/remember many\r");
	SEES("fact number 60");
	terminal_keys(&t, "/find NUMBER 1\r"); /* 1, 10 .. 19 */
	SEES("find NUMBER 1: 11 of 11; n older, N newer, Esc ends");
	y = vt_find(&t.vt, "fact number 19", &x);
	REQUIRE(y >= 0);
	CHECK(t.vt.cell[y][x + 5].attr & VT_UNDERLINE);
	CHECK(!(t.vt.cell[y][x + 3].attr & VT_UNDERLINE));
	CHECK(!vt_contains(&t.vt, "fact number 60"));
	terminal_keys(&t, "nnnnnnnnnnnn"); /* and stays at the oldest */
	SEES("find NUMBER 1: 1 of 11");
	SEES("fact number 1");
	SEES("/remember many");
	terminal_keys(&t, "N");
	SEES("find NUMBER 1: 2 of 11");
	terminal_keys(&t, "\033");
	LOSES("n older");
	terminal_keys(&t, "no"); /* letters again */
	SEES("> no");
	terminal_keys(&t, "\025/find nowhere\r");
	SEES("not in this conversation");
	leave(&t);
}

/* ---- full-screen lists ---- */

static void list_at(int rows, int cols, const char *locale, const char *name, bool open)
{
	terminal t;
	run r = run_default();

	r.locale = locale;
	start_with(&t, rows, cols, r);
	terminal_keys(&t, "/remember edit\r");
	SEES(rows < 20 ? "#12 search" : "learning #12");
	terminal_keys(&t, open ? "\033[13~" : "\033OQ");
	SEES(open ? "queue: 2" : "facts: 40");
	if (!open)
		SEES("> #40");
	terminal_keys(&t, open ? "\r" : "f");
	SEES(open ? "98% after" : "filter: f");
	if (open)
		SEES("p prove"); /* the lowest of what changes is drawn last */
	compare_screen(&t, name);
	terminal_keys(&t, "\003");
	leave(&t);
}

static void test_list_screens(void)
{
	list_at(24, 80, NULL, "list-80x24", false);
	list_at(12, 40, "C", "list-40x12-ascii", false);
	list_at(24, 120, NULL, "list-120x24", false);
	list_at(24, 80, NULL, "list-open-80x24", true);
	list_at(12, 40, "C", "list-open-40x12-ascii", true);
}

static void test_list_filters_and_moves(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "half a line\033OQ");
	SEES("facts: 40");
	SEES("> #40");
	terminal_keys(&t, "\033[1;3A\033l\033[1;3B"); /* facts have no order to be changed */
	terminal_keys(&t, "\033[B\033[B");
	SEES("> #38");
	terminal_keys(&t, "\033[6~\033[6~\033[6~"); /* past the end */
	SEES("> #1 ");
	terminal_keys(&t, "failed");
	SEES("facts: 4 of 40");
	SEES("filter: failed");
	SEES("> #10");
	terminal_keys(&t, " 30");
	SEES("facts: 1 of 40");
	SEES("> #30");
	terminal_keys(&t, "é"); /* whole characters go and come */
	SEES("nothing matches");
	terminal_keys(&t, "\177");
	SEES("facts: 1 of 40");
	terminal_keys(&t, "\033");
	SEES("facts: 40");
	terminal_keys(&t, "\033");
	LOSES("facts: 40");
	SEES("> half a line"); /* nothing typed into the filter got here */
	leave(&t);
}

static void test_list_opens_and_acts(void)
{
	terminal t;

	start(&t, 30, 80);
	terminal_keys(&t, "my dog is called Biscuit\r/remember edit\r/remember many\r");
	SEES("fact number 60");
	terminal_keys(&t, "\033[5~");
	LOSES("fact number 60");
	SEES("fact number 30");
	terminal_keys(&t, "\033[13~");
	SEES("queue: 2");
	SEES("your name is Ann"); /* without its escape */
	terminal_keys(&t, "\r");
	SEES("queue: #12");
	SEES("other answers unchanged 100% before, 98% after");
	SEES("loss 6.00, now"); /* the curve of its search */
	terminal_keys(&t, "p");
	SEES("edited Biscuit knows it");
	terminal_keys(&t, "\033");
	SEES("queue: 2");
	terminal_keys(&t, "\033l"); /* Alt-l */
	SEES("command: queue last 12");
	terminal_keys(&t, "\033[B\033[1;3A"); /* Alt-Up: of the second row */
	SEES("command: queue up 13");
	terminal_keys(&t, "\033[1;3B");
	SEES("command: queue down 13");
	terminal_keys(&t, "\033t");
	SEES("command: queue first 13");
	terminal_keys(&t, "\rK"); /* in an open row */
	SEES("command: queue up 13");
	terminal_keys(&t, "j");
	SEES("command: queue down 13");
	terminal_keys(&t, "\033");
	SEES("queue: 2");
	terminal_keys(&t, "\033c"); /* Alt-c */
	SEES("command: cancel 13");
	SEES("queue: 1"); /* asked for again */
	terminal_keys(&t, "\033");
	LOSES("queue: 1");
	SEES("fact number 30"); /* the conversation stands where it stood */
	SEES("new, ");
	leave(&t);
}

/* A search of an earlier session is drawn again from the ledger; one that had no curve is not. */
static void test_list_draws_earlier_curves(void)
{
	terminal t;

	start(&t, 24, 80);
	terminal_keys(&t, "\033OQ\r"); /* before the rows are there */
	SEES("facts: #40");
	SEES("loss 5.00, now 0.08, lowest 0.08");
	terminal_keys(&t, "\033");
	SEES("> #40");
	terminal_keys(&t, "\033[B\r");
	SEES("facts: #39");
	LOSES("loss 5.00");
	terminal_keys(&t, "\003");
	leave(&t);
}

static void test_list_from_the_line(void)
{
	terminal t;

	start(&t, 12, 40);
	terminal_keys(&t, "write on\r");
	SEES("Once upon");
	terminal_keys(&t, "/facts number 7\r"); /* needs no waiting for the reply */
	SEES("facts: 4 of 40"); /* 7 17 27 37 */
	terminal_keys(&t, "\033u");
	SEES("/undo 37: after the reply");
	terminal_keys(&t, "\003");
	SEES("waits: /undo 37");
	terminal_keys(&t, "\033");
	SEES("command: undo 37");
	terminal_keys(&t, "/history\r");
	SEES("the ledger cannot be read");
	for (int i = 0; i < 20; i++)
		terminal_size(&t, i % 2 ? 3 : 60, i % 3 ? 200 : 10);
	terminal_size(&t, 24, 80);
	SEES("the ledger cannot be read");
	terminal_keys(&t, "\003");
	LOSES("the ledger cannot be read");
	leave(&t);
}

int main(void)
{
	if (!screen_tests_begin("test_list"))
		return test_done();
	TEST_RUN(test_find);
	TEST_RUN(test_list_screens);
	TEST_RUN(test_list_filters_and_moves);
	TEST_RUN(test_list_opens_and_acts);
	TEST_RUN(test_list_draws_earlier_curves);
	TEST_RUN(test_list_from_the_line);
	return screen_tests_end();
}
