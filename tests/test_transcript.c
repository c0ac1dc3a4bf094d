/* transcript.c: wrapping, gaps, spans, scrolling that new text does not move. */
#include <locale.h>
#include <stdlib.h>

#include "tests/test.h"
#include "tui/transcript.h"

static item *add(transcript *t, int kind, const char *text)
{
	return transcript_add(t, kind, text, strlen(text));
}

/* The window as text: one line each, "*" in front where an item begins. */
static const char *window(transcript *t, size_t columns, size_t rows)
{
	static char out[8192];
	size_t n = 0;
	textline l;

	transcript_layout(t, columns, rows);
	out[0] = 0;
	for (size_t y = 0; y < rows && transcript_line(t, y, &l); y++)
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s\n",
				      l.gap     ? ""
				      : l.first ? "*"
						: " ",
				      (int)l.len, l.text ? l.text : "");
	return out;
}

static void test_items_and_gaps(void)
{
	transcript *t = transcript_new();
	item *reply;

	add(t, ITEM_USER, "hi");
	reply = add(t, ITEM_REPLY, "");
	transcript_append(t, reply, " \nHello", 7);
	transcript_append(t, reply, " there, you", 11);
	transcript_close(t, reply, NULL);
	add(t, ITEM_USER, "again");
	CHECK_STR(window(t, 13, 10), "*hi\n*Hello\n there, you\n\n*again\n");
	transcript_free(t);
}

static void test_stopped_reply_keeps_its_text(void)
{
	transcript *t = transcript_new();
	item *reply = add(t, ITEM_REPLY, "");
	textline l;

	CHECK_STR(window(t, 20, 5), "*\n");
	CHECK(transcript_line(t, 0, &l) && l.open);
	transcript_append(t, reply, "Once upon", 9);
	transcript_close(t, reply, "stopped");
	CHECK_STR(window(t, 40, 5), "*Once upon [stopped]\n");
	transcript_free(t);
}

static void test_fact_goes_under_its_message(void)
{
	transcript *t = transcript_new();
	item *user = add(t, ITEM_USER, "my dog is called Biscuit");

	add(t, ITEM_REPLY, "Nice.");
	add(t, ITEM_USER, "and now?");
	transcript_fact(t, user, 12, FACT_IS_QUEUED, "your dog's name is Biscuit",
			(size_t[2]){ 17, 24 });
	CHECK_STR(
		window(t, 80, 9),
		"*my dog is called Biscuit\n*noted #12: your dog's name is Biscuit (queued) - /undo 12\n"
		"*Nice.\n\n*and now?\n");
	transcript_fact_state(t, 12, FACT_IS_NOT_LEARNED, "another\nanswer changed");
	CHECK(strstr(window(t, 80, 9), "(not learned: another answer changed)\n") != NULL);
	transcript_fact_state(t, 12, FACT_IS_LEARNED, NULL);
	CHECK(strstr(window(t, 80, 9), "Biscuit (learned) - /undo 12\n") != NULL);
	CHECK(transcript_has_fact(t, 12) && !transcript_has_fact(t, 13));
	transcript_free(t);
}

static void test_spans_follow_sanitising_and_wrapping(void)
{
	transcript *t = transcript_new();
	const char *text = "my\tdog is \033[1mcalled Mister Biscuit";
	size_t at = (size_t)(strstr(text, "Mister") - text);
	item *user = add(t, ITEM_USER, text);
	textline l;

	transcript_fact(t, user, 1, FACT_IS_QUEUED, "x", (size_t[2]){ at, at + 14 });
	transcript_layout(t, 28, 10);
	REQUIRE(transcript_line(t, 0, &l)); /* "my      dog is called" */
	CHECK_INT(l.n_span, 0);
	REQUIRE(transcript_line(t, 1, &l));
	REQUIRE(l.n_span == 1);
	CHECK(!strncmp(l.text + l.span[0][0], "Mister Biscuit", 14));
	CHECK_INT(l.span[0][1] - l.span[0][0], 14);
	transcript_layout(t, 10, 10); /* the span is cut where the line is */
	size_t marked = 0;
	for (size_t y = 0; y < 10 && transcript_line(t, y, &l); y++)
		for (size_t i = 0; i < l.n_span; i++)
			marked += l.span[i][1] - l.span[i][0];
	CHECK_INT(marked, 13); /* without the space at the line's end */
	transcript_free(t);
}

static void fill(transcript *t, int from, int to)
{
	char text[32];

	for (int i = from; i <= to; i++) {
		snprintf(text, sizeof text, "line %d", i);
		add(t, ITEM_NOTICE, text);
	}
}

static void test_follow_and_scroll(void)
{
	transcript *t = transcript_new();

	fill(t, 1, 20);
	CHECK_STR(window(t, 40, 3), "*line 18\n*line 19\n*line 20\n");
	CHECK_INT(transcript_below(t), 0);
	transcript_scroll(t, -5);
	CHECK_STR(window(t, 40, 3), "*line 13\n*line 14\n*line 15\n");
	CHECK_INT(transcript_below(t), 5);
	CHECK(!transcript_news(t));
	fill(t, 21, 25); /* nothing moves */
	CHECK_STR(window(t, 40, 3), "*line 13\n*line 14\n*line 15\n");
	CHECK(transcript_news(t));
	CHECK_INT(transcript_below(t), 10);
	CHECK_STR(window(t, 11, 3), "*line 13\n*line 14\n*line 15\n"); /* nor at another width */
	transcript_scroll(t, 100);
	CHECK_STR(window(t, 40, 3), "*line 23\n*line 24\n*line 25\n");
	CHECK(!transcript_news(t));
	fill(t, 26, 26); /* at the end it follows again */
	CHECK_STR(window(t, 40, 3), "*line 24\n*line 25\n*line 26\n");
	transcript_top(t);
	CHECK_STR(window(t, 40, 2), "*line 1\n*line 2\n");
	transcript_follow(t);
	CHECK_STR(window(t, 40, 2), "*line 25\n*line 26\n");
	transcript_free(t);
}

static void test_fact_above_the_window_moves_nothing(void)
{
	transcript *t = transcript_new();
	item *user = add(t, ITEM_USER, "message");

	fill(t, 1, 20);
	window(t, 60, 3);
	transcript_scroll(t, -5);
	CHECK_STR(window(t, 60, 2), "*line 13\n*line 14\n");
	transcript_fact(t, user, 3, FACT_IS_QUEUED, "a fact", (size_t[2]){ 0, 0 });
	CHECK_STR(window(t, 60, 2), "*line 13\n*line 14\n");
	transcript_free(t);
}

static void test_old_items_are_dropped(void)
{
	transcript *t = transcript_new();

	fill(t, 1, 9000);
	CHECK_STR(window(t, 40, 2), "*line 8999\n*line 9000\n");
	transcript_top(t);
	window(t, 40, 2);
	CHECK(transcript_below(t) < 4000);
	transcript_free(t);
}

static void test_tiny_widths(void)
{
	transcript *t = transcript_new();

	add(t, ITEM_USER, "some words 日本");
	transcript_fact(t, NULL, 1, FACT_IS_QUEUED, "your name is Ann", (size_t[2]){ 0, 0 });
	for (size_t columns = 0; columns < 12; columns++)
		for (size_t rows = 0; rows < 4; rows++)
			window(t, columns, rows);
	CHECK(strstr(window(t, 3, 99), "*s\n o\n m\n") != NULL);
	transcript_clear(t);
	CHECK_STR(window(t, 40, 5), "");
	transcript_free(t);
}

/* A reply cut as it grows has the same lines as one cut at its end. */
static void test_growing_reply_is_cut_alike(void)
{
	static const char *const parts[] = { "word", " ",  "  ", "\n",  "a-much-longer-word-than-a-line", "é日",
					     " x",   "   ", ", ", "\n ", "end.",			   "e\xCC\x81" };
	unsigned seed = 7;

	for (int run = 0; run < 200; run++) {
		transcript *grown = transcript_new(), *whole = transcript_new();
		item *a = add(grown, ITEM_REPLY, ""), *b = add(whole, ITEM_REPLY, "");
		char all[4096] = "";

		for (int i = 0; i < 120; i++) {
			seed = seed * 1103515245u + 12345u;
			const char *part = parts[(seed >> 16) % 12];

			if (!i)
				part = "x"; /* what a reply begins with is another matter */
			strcat(all, part);
			transcript_append(grown, a, part, strlen(part));
			if (seed >> 28)
				transcript_layout(grown, 5 + (size_t)run % 20, 200);
		}
		transcript_append(whole, b, all, strlen(all));
		char *want = strdup(window(whole, 5 + (size_t)run % 20, 200));

		CHECK_STR(window(grown, 5 + (size_t)run % 20, 200), want);
		free(want);
		transcript_free(grown);
		transcript_free(whole);
	}
}

/* Ten megabytes, a megabyte of them one reply that grows: every line is there, at any width, and what is read stays in place. */
static void test_ten_megabytes(void)
{
	enum { PIECE = 10240, PIECES = 900, GROWN = 1 << 20, CHUNK = 1024 };
	transcript *t = transcript_new();
	char *text = malloc(PIECE + 1), first[64];
	item *reply;
	size_t below;

	REQUIRE(text != NULL);
	for (int i = 0; i < PIECES; i++) {
		memset(text, 'x', PIECE);
		for (size_t k = 59; k < PIECE; k += 60)
			text[k] = ' ';
		memcpy(text, "item ", 5);
		snprintf(first, sizeof first, "%04d", i);
		memcpy(text + 5, first, 4);
		text[9] = ' ';
		REQUIRE(transcript_add(t, i % 2 ? ITEM_REPLY : ITEM_USER, text, PIECE) != NULL);
	}
	window(t, 64, 3);
	transcript_top(t);
	CHECK(strstr(window(t, 64, 1), "*item 0000 ") != NULL);
	below = transcript_below(t);
	CHECK(below > PIECES * (PIECE / 60 - 2));
	reply = transcript_add(t, ITEM_REPLY, "", 0);
	REQUIRE(reply != NULL);
	for (size_t n = 0; n < GROWN; n += CHUNK) {
		transcript_append(t, reply, text + 10, CHUNK);
		if (n % (64 * CHUNK) == 0)
			CHECK(strstr(window(t, 64, 1), "*item 0000 ") != NULL);
	}
	transcript_close(t, reply, NULL);
	CHECK(transcript_news(t));
	window(t, 64, 1);
	CHECK(transcript_below(t) > below + GROWN / 64);
	window(t, 33, 1); /* all of it anew */
	CHECK(transcript_below(t) > (PIECES * PIECE + GROWN) / 33);
	transcript_follow(t);
	window(t, 64, 2);
	CHECK_INT(transcript_below(t), 0);
	free(text);
	transcript_free(t);
}

int main(void)
{
	if (!setlocale(LC_ALL, "C.UTF-8")) {
		test_skip("test_transcript", "no C.UTF-8 locale here");
		return test_done();
	}
	TEST_RUN(test_items_and_gaps);
	TEST_RUN(test_stopped_reply_keeps_its_text);
	TEST_RUN(test_fact_goes_under_its_message);
	TEST_RUN(test_spans_follow_sanitising_and_wrapping);
	TEST_RUN(test_follow_and_scroll);
	TEST_RUN(test_fact_above_the_window_moves_nothing);
	TEST_RUN(test_old_items_are_dropped);
	TEST_RUN(test_growing_reply_is_cut_alike);
	TEST_RUN(test_tiny_widths);
	TEST_RUN(test_ten_megabytes);
	return test_done();
}
