/*
 * fuzz_text: what may reach a terminal or a JSON reader, from any bytes. Sanitised text is UTF-8, stays
 * as it is when sanitised again, and has no control character but the new line (and the tab) and
 * nothing hidden; wrapping it ends, loses no visible byte and keeps to the width; JSON strings hold
 * no raw control.
 */
#define _GNU_SOURCE 1
#include "fuzz.h"
#include "tui/json.h"
#include "tui/tui_int.h"

#include <locale.h>
#include <string.h>

const char fuzz_name[] = "text";
const int fuzz_rounds = 2500;

enum { MAX_INPUT = 1 << 14 };

static void check_safe(const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t c;
		size_t n = text_decode(s + i, len - i, &c);

		FUZZ_REQUIRE(n && n <= len - i);
		FUZZ_REQUIRE(c != 0xfffd || n == 3); /* else these bytes are not UTF-8 */
		FUZZ_REQUIRE(c >= 0x20 || c == '\n' || c == '\t');
		FUZZ_REQUIRE((c < 0x7f || c >= 0xa0) && !text_hidden(c) && c != 0x2028 && c != 0x2029);
		i += n;
	}
}

static void check_wrap(const char *s, size_t len, size_t columns)
{
	for (size_t at = 0; at < len;) {
		size_t next = 0, n = text_wrap(s + at, len - at, columns, &next);

		FUZZ_REQUIRE(n <= next && next <= len - at && next);
		/* One character may be wider than the whole line. */
		FUZZ_REQUIRE(text_width(s + at, n) <= columns || columns < 2);
		for (size_t i = n; i < next; i++)
			FUZZ_REQUIRE(s[at + i] == ' ' || s[at + i] == '\n');
		at += next;
	}
}

/* The same for text laid out in columns: what is indented keeps to the width, too, and never wraps differently by call. */
static void check_wrap_under(const char *s, size_t len, size_t columns)
{
	for (size_t at = 0; at < len;) {
		size_t next = 0, indent = 0, n = text_wrap_under(s, len, at, columns, &next, &indent);

		FUZZ_REQUIRE(n <= next && next <= len - at && next);
		FUZZ_REQUIRE(indent <= columns / 2);
		FUZZ_REQUIRE(indent + text_width(s + at, n) <= columns || columns - indent < 2);
		for (size_t i = n; i < next; i++)
			FUZZ_REQUIRE(s[at + i] == ' ' || s[at + i] == '\n');
		at += next;
	}
}

static void check_json(const char *s)
{
	char *out = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&out, &n);

	FUZZ_REQUIRE(f);
	json_string(f, s);
	FUZZ_REQUIRE(!fclose(f) && n >= 2 && out[0] == '"' && out[n - 1] == '"');
	check_safe(out, n);
	for (size_t i = 1; i < n - 1; i++) { /* no quote but an escaped one */
		FUZZ_REQUIRE(out[i] != '"' && out[i] != '\n' && out[i] != '\t');
		i += out[i] == '\\';
		FUZZ_REQUIRE(i < n - 1);
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int utf8 = -1;

	if (size < 2 || size > MAX_INPUT)
		return 0;
	if (utf8 != (data[0] & 1)) {
		utf8 = data[0] & 1;
		FUZZ_REQUIRE(setlocale(LC_CTYPE, utf8 ? "C.UTF-8" : "C"));
	}
	const char *text = (const char *)data + 1;
	size_t len = size - 1;
	char *clean = text_sanitise(text, len);

	FUZZ_REQUIRE(clean);
	size_t n = strlen(clean);

	check_safe(clean, n);
	char *again = text_sanitise(clean, n);

	FUZZ_REQUIRE(again && !strcmp(clean, again));
	FUZZ_REQUIRE(text_whole(text, len) <= len && text_whole(text, len) + 3 >= len);
	check_wrap(clean, n, data[0] / 2);
	check_wrap_under(clean, n, data[0] / 2);
	char *terminated = strndup(text, len);

	FUZZ_REQUIRE(terminated);
	check_json(terminated);
	free(terminated);
	free(again);
	free(clean);
	return 0;
}

void fuzz_seeds(fuzz_put *put, void *arg)
{
	static const char *const texts[] = {
		"hello, world\n\ttwo  lines that are long enough to wrap",
		"\033[31mred\033[0m\033]0;title\a\033P1$r0m\033\\x\033(B\r\n\b\177",
		"a\xe2\x80\xae" "b\xe2\x81\xa6" "c\xe2\x80\x8b" "d\xef\xbb\xbf\xe2\x80\xa8\xc2\x9b" "31m",
		"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9 \xe6\x97\xa5\xe6\x9c\xac z\xcc\x80\xcc\x81\xcc\x82",
		"\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80 \xf3\xa0\x81\x81 \"quoted\\\"",
	};
	char bytes[200], name[20];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (int utf8 = 0; utf8 < 2; utf8++) {
			size_t n = (size_t)snprintf(bytes + 1, sizeof(bytes) - 1, "%s", texts[i]);

			bytes[0] = (char)(20 + utf8);
			snprintf(name, sizeof(name), "%zu-%d", i, utf8);
			put(arg, name, bytes, n + 1);
		}
}
