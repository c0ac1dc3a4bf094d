/* text.c: what the sanitiser lets through, widths, wrapping. */
#include <locale.h>
#include <stdlib.h>
#include <wchar.h>

#include "tests/test.h"
#include "tui/tui_int.h"

static void safe(const char *in, const char *out)
{
	char *s = text_sanitise(in, strlen(in));

	CHECK_STR(s, out);
	free(s);
}

static void test_plain_text_stays(void)
{
	safe("", "");
	safe("hello, world\n  two", "hello, world\n  two");
	safe("naïve ✓ 日本語 😀 e\u0301", "naïve ✓ 日本語 😀 e\u0301");
}

static void test_controls(void)
{
	safe("a\tb", "a       b");
	safe("a\r\nb\rc", "a\nb\nc");
	safe("bell\a del\177 bs\b", "bell^G del^? bs^H");
	safe("c1 \302\233 31m", "c1  31m");
}

static void test_escape_sequences(void)
{
	safe("\033[31mred\033[0m", "red");
	safe("\033[2J\033[H\033[?1049ltext", "text");
	safe("\033]0;title\atext", "text");
	safe("\033]8;;http://x\033\\link\033]8;;\033\\", "link");
	safe("\033P1$r0m\033\\x\033(B\033=y", "xy");
	safe("\033]never ended", "never ended"); /* nothing is swallowed */
	safe("end\033", "end");
	safe("\033[31", "");
	safe("\033\033[31mx", "x");
}

/* A zero byte is not one of the characters that open a string up to BEL. */
static void test_escape_and_zero(void)
{
	static const char text[] = "a\033\0hidden\ab";
	char *s = text_sanitise(text, sizeof(text) - 1);

	CHECK_STR(s, "a^@hidden^Gb");
	free(s);
}

static void test_hidden_characters(void)
{
	safe("a\u202Eb\u2066c\u200Bd\uFEFFe\u200Ff", "abcdef");
	safe("x\U000E0041\U000E007Fy", "xy");
	safe("line\u2028next", "line\nnext");
	safe("👨\u200D👩", "👨👩");
	safe("क\u094D\u200Dष", "क\u094D\u200Dष"); /* a joiner that belongs to its script stays */
	safe("❤\uFE0F", "❤");
	safe("z\u0300\u0301\u0302\u0303\u0304\u0305\u0306", "z\u0300\u0301\u0302\u0303");
}

static void test_invalid_utf8(void)
{
	safe("a\xFF\xFE" "b", "a\uFFFD\uFFFDb");
	safe("\xC0\xAF", "\uFFFD\uFFFD");         /* overlong */
	safe("\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"); /* surrogate */
	safe("\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD");
	safe("cut \xE2\x82", "cut \uFFFD\uFFFD");
}

/* No bytes whatever leave a control character, a hidden character or broken UTF-8 behind. */
static void test_any_bytes(void)
{
	unsigned state = 1;
	char in[64];

	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)(state >> 8) % sizeof in;

		for (size_t i = 0; i < n; i++) {
			state = state * 1664525u + 1013904223u;
			in[i] = (state >> 24) % 3 ? (char)(state >> 16)
						  : "\033[]P\\\a;m?2"[(state >> 16) % 11];
		}
		char *s = text_sanitise(in, n);
		uint32_t c;

		REQUIRE(s != NULL);
		for (size_t i = 0, len = strlen(s), k; i < len; i += k) {
			k = text_decode(s + i, len - i, &c);
			REQUIRE((c >= 0x20 || c == '\n') && c != 0x7F && !text_hidden(c));
			REQUIRE(c != 0xFFFD || k == 3);
		}
		free(s);
	}
}

static void test_whole(void)
{
	CHECK_INT(text_whole("abc", 3), 3);
	CHECK_INT(text_whole("a\xE2\x82", 3), 1);
	CHECK_INT(text_whole("a\xE2\x82\xAC", 4), 4);
	CHECK_INT(text_whole("\xF0\x9F\x98", 3), 0);
	CHECK_INT(text_whole("\x82\x82\x82\x82", 4), 4); /* broken bytes do not wait */
	CHECK_INT(text_whole("", 0), 0);
}

static void test_width(void)
{
	CHECK_INT(text_width("hello", 5), 5);
	CHECK_INT(text_width("日本", 6), 4);
	CHECK_INT(text_width("e\u0301", 3), 1);
	CHECK_INT(text_width("😀", 4), 2);
	CHECK_INT(text_width("\u0644\u064B", 4), 1);
}

/* Wraps and joins the lines with '|'. */
static void wraps(const char *text, size_t columns, const char *expected)
{
	char out[256] = "";
	size_t len = strlen(text), next, n = 0;

	for (size_t at = 0; at < len; at += next) {
		size_t k = text_wrap(text + at, len - at, columns, &next);

		REQUIRE(next > 0 && k <= next);
		CHECK(text_width(text + at, k) <= columns || k <= 4);
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", at ? "|" : "", (int)k,
				      text + at);
	}
	CHECK_STR(out, expected);
}

/* The same for text in columns; a '.' for each column left free. */
static void wraps_under(const char *text, size_t columns, const char *expected)
{
	char out[256] = "";
	size_t len = strlen(text), next, indent, n = 0;

	for (size_t at = 0; at < len; at += next) {
		size_t k = text_wrap_under(text, len, at, columns, &next, &indent);

		REQUIRE(next > 0 && k <= next);
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s%.*s", at ? "|" : "", (int)indent, "..........", (int)k,
				      text + at);
	}
	CHECK_STR(out, expected);
}

static void test_wrap_under_columns(void)
{
	wraps_under("no columns at all", 8, "no|columns|at all");
	wraps_under("key  some words", 12, "key  some|.....words");
	wraps_under("key  some words\nk  other words here", 12, "key  some|.....words|k  other|...words|...here");
	wraps_under("  indented text here", 12, "  indented|..text here");
	wraps_under("a long key  and words", 12, "a long key|and words"); /* its column is past the middle */
	wraps_under("        deep", 9, "        d|eep");
	wraps_under("é  日本語 日本語", 10, "é  日本語|...日本語");
	wraps_under("a  b  c d e f g", 8, "a  b  c|...d e f|...g");
	wraps_under("x  y", 0, "x|y");
}

static void test_wrap(void)
{
	wraps("one two three", 7, "one two|three");
	wraps("one two three", 8, "one two|three");
	wraps("one two three", 3, "one|two|thr|ee");
	wraps("unbreakable", 4, "unbr|eaka|ble");
	wraps("a\n\nb\n", 10, "a||b");
	wraps("abc   \ndef", 3, "abc|def");
	wraps("日本語です", 5, "日本|語で|す");
	wraps("日本", 1, "日|本");
	wraps("  indented text here", 12, "  indented|text here");
	wraps("ae\u0301b", 2, "ae\u0301|b");
}

int main(void)
{
	if (!setlocale(LC_ALL, "C.UTF-8")) {
		test_skip("test_text", "no C.UTF-8 locale here");
		return test_done();
	}
	TEST_RUN(test_plain_text_stays);
	TEST_RUN(test_controls);
	TEST_RUN(test_escape_sequences);
	TEST_RUN(test_escape_and_zero);
	TEST_RUN(test_hidden_characters);
	TEST_RUN(test_invalid_utf8);
	TEST_RUN(test_any_bytes);
	TEST_RUN(test_whole);
	TEST_RUN(test_width);
	TEST_RUN(test_wrap);
	TEST_RUN(test_wrap_under_columns);
	return test_done();
}
