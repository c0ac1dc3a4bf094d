/* keys.c: bytes of a terminal, in any pieces, become the same keys. */
#include <locale.h>
#include <stdlib.h>
#include <time.h>

#include "tests/test.h"
#include "tui/keys.h"

static char heard[4096];
static size_t pasted; /* bytes of the last paste */
static int cuts;

static void hear(void *ctx, int key, const char *bytes, size_t len)
{
	static const char *const names[] = { "text",   "seq", "paste", "cut",  "esc",
					     "c-c",    "c-z", "pgup",  "pgdn", "top",
					     "bottom", "f1",  "f2",    "f3",   "f4" };
	size_t n = strlen(heard);

	(void)ctx;
	pasted = key == INPUT_PASTE ? len : pasted;
	cuts += key == INPUT_PASTE_CUT;
	if (bytes && *bytes == '\033')
		snprintf(heard + n, sizeof heard - n, "%s(%.*s) ", names[key], (int)len - 1,
			 bytes + 1);
	else if (bytes)
		snprintf(heard + n, sizeof heard - n, "%s(%.*s) ", names[key], (int)len, bytes);
	else
		snprintf(heard + n, sizeof heard - n, "%s ", names[key]);
}

/* All at once, byte by byte, and cut at every place. */
static void check(const char *bytes, const char *expected)
{
	size_t len = strlen(bytes);

	for (size_t cut = 0; cut <= len + 1; cut++) {
		keys *k = keys_new(hear, NULL);

		heard[0] = 0;
		REQUIRE(k != NULL);
		if (cut <= len) {
			keys_feed(k, bytes, cut);
			keys_feed(k, bytes + cut, len - cut);
		} else {
			for (size_t i = 0; i < len; i++)
				keys_feed(k, bytes + i, 1);
		}
		if (!CHECK_STR(heard, expected))
			printf("cut at %zu\n", cut);
		keys_free(k);
	}
}

static void test_text(void)
{
	check("aé日😀\r", "text(a) text(é) text(日) text(😀) text(\r) ");
	check("\003\032\001", "c-c c-z text(\001) ");
	check("a\xFF\x80"
	      "b\xC3"
	      "c\xED\xA0\x80"
	      "d",
	      "text(a) text(b) text(c) text(d) "); /* what is not text is dropped */
}

static void test_sequences(void)
{
	check("\033[5~\033[6~\033[1;5H\033[1;5F", "pgup pgdn top bottom ");
	check("\033OP\033[12~\033[[C\033[S", "f1 f2 f3 f4 ");
	check("\033[A\033OB\033[1;5C\033b", "seq([A) seq(OB) seq([1;5C) seq(b) ");
	check("\033OM\033[13;2u", "text(\r) text(\n) ");
	check("\033\033[A", "esc seq([A) ");
	check("\033é", "text(é) ");
	check("\033[1;2\003x", "c-c text(x) "); /* a broken sequence ends at a control */
}

static void test_answers_are_swallowed(void)
{
	check("\033]11;rgb:0/0/0\ax", "text(x) ");
	check("\033]11;rgb:0/0/0\033\\x", "text(x) ");
	check("\033P1+r436f=38\033\\y", "text(y) ");
}

static void test_pastes(void)
{
	check("\033[200~one\rtwo\r\nthree\n\033[201~x", "paste(one\ntwo\nthree) text(x) ");
	check("\033[200~a\033[31mb\003c\td\033[201~", "paste(abc\td) ");
	check("\033[200~\033[201~", "paste() ");
}

static void test_long_paste_is_cut(void)
{
	keys *k = keys_new(hear, NULL);
	char *big = malloc(PASTE_MAX + 4096);

	REQUIRE(k && big);
	memset(big, 'x', PASTE_MAX + 4096);
	heard[0] = 0;
	keys_feed(k, "\033[200~", 6);
	keys_feed(k, big, PASTE_MAX + 4096);
	keys_feed(k, "\033[201~y", 7);
	CHECK_INT(pasted, PASTE_MAX);
	CHECK_INT(cuts, 1);
	keys_feed(k, "\033[200~", 6); /* exactly the limit is not cut */
	keys_feed(k, big, PASTE_MAX);
	keys_feed(k, "\033[201~", 6);
	CHECK_INT(pasted, PASTE_MAX);
	CHECK_INT(cuts, 1);
	free(big);
	keys_free(k);
}

static void pass_time(int ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

static void test_escape_by_time(void)
{
	keys *k = keys_new(hear, NULL);

	REQUIRE(k != NULL);
	heard[0] = 0;
	CHECK_INT(keys_timeout(k), -1);
	keys_feed(k, "\033", 1);
	CHECK(keys_timeout(k) >= 0 && keys_timeout(k) <= 30);
	keys_expire(k); /* too early */
	CHECK_STR(heard, "");
	pass_time(35);
	keys_expire(k);
	CHECK_STR(heard, "esc ");
	CHECK_INT(keys_timeout(k), -1);
	heard[0] = 0;
	keys_feed(k, "\033[", 2); /* Meta-[ by hand */
	pass_time(210);
	keys_expire(k);
	CHECK_STR(heard, "seq([) ");
	keys_free(k);
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	TEST_RUN(test_text);
	TEST_RUN(test_sequences);
	TEST_RUN(test_answers_are_swallowed);
	TEST_RUN(test_pastes);
	TEST_RUN(test_long_paste_is_cut);
	TEST_RUN(test_escape_by_time);
	return test_done();
}
