/* Writing JSON: always valid UTF-8, and nothing that a terminal could obey or be fooled by leaves raw. */
#include "tui/json.h"

#include "tui/tui_int.h"

#include <math.h>
#include <string.h>

static void escape(FILE *f, uint32_t c)
{
	if (c == '"' || c == '\\')
		fprintf(f, "\\%c", (int)c);
	else if (c == '\n')
		fputs("\\n", f);
	else if (c == '\t')
		fputs("\\t", f);
	else if (c >= 0x10000)
		fprintf(f, "\\u%04x\\u%04x", 0xd800 + (unsigned)((c - 0x10000) >> 10), 0xdc00 + (unsigned)(c & 0x3ff));
	else
		fprintf(f, "\\u%04x", (unsigned)c);
}

void json_string(FILE *f, const char *s)
{
	size_t left = s ? strlen(s) : 0;

	fputc('"', f);
	while (left) {
		uint32_t c;
		size_t n = text_decode(s, left, &c);

		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '"' || c == '\\' || text_hidden(c) || c == 0x2028 || c == 0x2029)
			escape(f, c);
		else if (c == 0xfffd)
			fputs("\xef\xbf\xbd", f); /* also where the bytes were not UTF-8 */
		else
			fwrite(s, 1, n, f);
		s += n;
		left -= n;
	}
	fputc('"', f);
}

void json_key(FILE *f, const char *key)
{
	json_string(f, key);
	fputc(':', f);
}

void json_number(FILE *f, double x)
{
	if (isfinite(x))
		fprintf(f, "%.6g", x);
	else
		fputs("null", f);
}
