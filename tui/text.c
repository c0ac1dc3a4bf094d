/*
 * text: what may reach a terminal and how much room it takes. Everything the program shows, from
 * the model, a file, the user or the ledger, passes text_sanitise once; what it lets through cannot
 * move the cursor, change a mode, reorder what is drawn or hide inside it. Pure functions, any
 * thread. Widths follow the C library's tables (as ncurses does), so they need the locale set;
 * without a UTF-8 locale a character beyond ASCII is one column (it is drawn as '?').
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "tui/tui_int.h"

enum { TAB_STOP = 8, MARKS_MAX = 4 /* combining marks on one character; ncurses keeps five */ };

static const uint32_t REPLACEMENT = 0xFFFD;

/* Length the lead byte announces, 0 for a byte that cannot lead. */
static size_t utf8_length(unsigned char b)
{
	if (b < 0x80)
		return 1;
	if (b >= 0xC2 && b <= 0xDF)
		return 2;
	if (b >= 0xE0 && b <= 0xEF)
		return 3;
	return b >= 0xF0 && b <= 0xF4 ? 4 : 0;
}

size_t text_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t text_decode(const char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t n = len ? utf8_length(u[0]) : 0;

	*c = REPLACEMENT;
	if (!n || n > len)
		return len ? 1 : 0;
	if (n == 1) {
		*c = u[0];
		return 1;
	}
	uint32_t v = u[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xC0) != 0x80)
			return 1;
		v = v << 6 | (u[i] & 0x3Fu);
	}
	if (v < least[n] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
		return 1;
	*c = v;
	return n;
}

size_t text_whole(const char *s, size_t len)
{
	/* Only an unfinished character at the very end is held back; broken bytes are let go, or
	 * they would wait for ever. */
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char b = (unsigned char)s[len - back];

		if ((b & 0xC0) == 0x80)
			continue;
		return utf8_length(b) > back ? len - back : len;
	}
	return len;
}

static bool locale_is_utf8(void)
{
	return wcwidth((wchar_t)0x4E00) == 2;
}

int text_char_width(uint32_t c)
{
	if (c < 0x20 || c == 0x7F)
		return 0;
	if (c < 0x300)
		return 1;
	int w = wcwidth((wchar_t)c);
	return w < 0 ? 1 : w;
}

size_t text_width(const char *s, size_t len)
{
	size_t width = 0;
	uint32_t c;

	for (size_t i = 0; i < len;) {
		i += text_decode(s + i, len - i, &c);
		width += (size_t)text_char_width(c);
	}
	return width;
}

/*
 * CSI to its final byte, OSC/DCS/SOS/PM/APC to BEL
 * or ST, others to their final byte. A string that never ends counts as its introducer only, so it
 * cannot swallow the rest of a text.
 */
size_t text_escape(const char *s, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return len;
	if (s[1] == '[') {
		while (i < len && s[i] >= 0x20 && s[i] <= 0x3F)
			i++;
		return i < len && s[i] >= 0x40 && s[i] <= 0x7E ? i + 1 : i;
	}
	if (s[1] && strchr("]PX^_", s[1])) {
		for (; i < len; i++) {
			if (s[i] == '\a')
				return i + 1;
			if (s[i] == '\033')
				return i + 1 < len && s[i + 1] == '\\' ? i + 2 : i;
		}
		return 2;
	}
	for (i = 1; i < len && s[i] >= 0x20 && s[i] <= 0x2F; i++)
		;
	return i < len && s[i] >= 0x30 && s[i] <= 0x7E ? i + 1 : i;
}

bool text_hidden(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{ 0x80, 0x9F },     { 0xAD, 0xAD },     { 0x61C, 0x61C },   { 0x180B, 0x180F },
		{ 0x200B, 0x200B }, { 0x200E, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x206F },
		{ 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF }, { 0xFFF0, 0xFFFB }, { 0xE0000, 0xE0FFF },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

typedef struct sanitiser {
	char *out;
	size_t len, column;
	int marks;     /* combining marks on the last character */
	bool wide;     /* the last character takes two columns */
	bool utf8;
} sanitiser;

static void put_bytes(sanitiser *z, const char *s, size_t n, size_t columns)
{
	memcpy(z->out + z->len, s, n);
	z->len += n;
	z->column += columns;
	z->marks = 0;
	z->wide = columns == 2;
}

static void put_control(sanitiser *z, const char *s, size_t left)
{
	char caret[2] = { '^', (char)((unsigned char)*s ^ 0x40) };

	if (*s == '\n' || (*s == '\r' && (left < 2 || s[1] != '\n'))) {
		put_bytes(z, "\n", 1, 0);
		z->column = 0;
	} else if (*s == '\t') {
		size_t n = TAB_STOP - z->column % TAB_STOP;

		put_bytes(z, "        ", n, n);
		z->wide = false;
	} else if (*s != '\r') {
		put_bytes(z, caret, 2, 2);
		z->wide = false;
	}
}

static void put_wide(sanitiser *z, const char *s, size_t n, uint32_t c)
{
	int width = text_char_width(c);

	if (text_hidden(c))
		return;
	if (c == 0x2028 || c == 0x2029) {
		put_bytes(z, "\n", 1, 0);
		z->column = 0;
		return;
	}
	/* A joiner after an emoji makes terminals and width tables disagree: leave the parts side
	 * by side. */
	if (c == 0x200D && z->wide)
		return;
	if (c >= 0x300 && (c == REPLACEMENT || (z->utf8 && wcwidth((wchar_t)c) < 0))) {
		put_bytes(z, "\xEF\xBF\xBD", 3, 1);
		return;
	}
	if (width == 0) {
		if (++z->marks > MARKS_MAX)
			return;
		memcpy(z->out + z->len, s, n);
		z->len += n;
		return;
	}
	put_bytes(z, s, n, (size_t)width);
}

char *text_sanitise(const char *s, size_t len)
{
	/* The worst growth is a tab: one byte becomes eight. */
	sanitiser z = { .utf8 = locale_is_utf8() };
	uint32_t c;

	if (len > (SIZE_MAX - 1) / TAB_STOP)
		return NULL;
	z.out = malloc(len * TAB_STOP + 1);
	if (!z.out)
		return NULL;
	for (size_t i = 0; i < len;) {
		if (s[i] == '\033') {
			i += text_escape(s + i, len - i);
			continue;
		}
		size_t n = text_decode(s + i, len - i, &c);

		if (c < 0x20 || c == 0x7F)
			put_control(&z, s + i, len - i);
		else if (c < 0x80)
			put_bytes(&z, s + i, 1, 1);
		else
			put_wide(&z, s + i, n, c);
		i += n;
	}
	z.out[z.len] = 0;
	char *fit = realloc(z.out, z.len + 1);
	return fit ? fit : z.out;
}

size_t text_wrap(const char *s, size_t len, size_t columns, size_t *next)
{
	size_t i = 0, width = 0,
	       space = 0; /* space: bytes before the last place to break, 0 = none */
	uint32_t c;

	if (!columns)
		columns = 1;
	while (i < len && s[i] != '\n') {
		size_t n = 1, w = 1;

		c = (unsigned char)s[i];
		if (c < 0x20 || c >= 0x7F) { /* most text is neither: long conversations are cut in no time */
			n = text_decode(s + i, len - i, &c);
			w = (size_t)text_char_width(c);
		}
		if (c == ' ' && i && s[i - 1] != ' ')
			space = i;
		if (width + w > columns && i) {
			size_t cut = c == ' ' ? i : space;

			if (!cut) { /* one long word: break inside it */
				*next = i;
				return i;
			}
			for (*next = cut; *next < len && s[*next] == ' ';)
				++*next;
			if (*next < len && s[*next] == '\n')
				++*next; /* the spaces that did not fit ended the line anyway */
			return cut;
		}
		width += w;
		i += n;
	}
	*next = i < len ? i + 1 : i;
	return i;
}

/* Where a line of `columns` goes on: under its last column that begins in the left half, else under its own beginning. */
static size_t text_hang(const char *s, size_t len, size_t columns)
{
	size_t lead = 0, width = 0, hang;
	uint32_t c;

	while (lead < len && s[lead] == ' ')
		lead++;
	hang = width = lead;
	for (size_t i = lead, n; i < len && s[i] != '\n'; i += n) {
		n = text_decode(s + i, len - i, &c);
		if (c != ' ' && i >= lead + 2 && s[i - 1] == ' ' && s[i - 2] == ' ' && width <= columns / 2)
			hang = width;
		width += (size_t)text_char_width(c);
	}
	return hang <= columns / 2 ? hang : lead <= columns / 2 ? lead : 0;
}

size_t text_wrap_under(const char *s, size_t len, size_t at, size_t columns, size_t *next, size_t *indent)
{
	const char *line = at ? memrchr(s, '\n', at) : NULL;
	size_t from = line ? (size_t)(line - s) + 1 : 0;

	*indent = at == from ? 0 : text_hang(s + from, len - from, columns);
	return text_wrap(s + at, len - at, columns > *indent ? columns - *indent : 1, next);
}
