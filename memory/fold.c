/*
 * fold.c: the form in which subjects and values are compared. "biscuit " and "Biscuit" are the same
 * dog.
 *
 * Simple (one to one) case folding of the scripts a user is likely to type: Latin with Latin-1,
 * Extended-A and Vietnamese, Greek, Cyrillic, Armenian, full-width. After Unicode's
 * CaseFolding.txt, status C and S. Letters whose folded form is longer in UTF-8 are left alone, so
 * that the result always fits where the original did.
 */
#include "memory_int.h"

#include <string.h>

/* Decodes one character; an invalid byte stands for itself and sets *bad. Returns its length in
 * bytes. */
static size_t utf8_read(const unsigned char *s, uint32_t *c, bool *bad)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80   ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	*bad = false;
	*c = n < 2 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			n = 0;
			break;
		}
		*c = *c << 6 | (s[i] & 0x3fu);
	}
	if (n && *c >= least[n])
		return n;
	*bad = true;
	*c = s[0];
	return 1;
}

static size_t utf8_write(uint32_t c, char *out)
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

/* A range of capitals: `add` to fold, or 0 where capital and small letter alternate, the first
 * being a capital. */
static const struct fold_range {
	uint32_t first, last;
	int32_t add;
} fold_ranges[] = {
	{ 'A', 'Z', 32 },       { 0xc0, 0xd6, 32 },     { 0xd8, 0xde, 32 },
	{ 0x100, 0x12f, 0 },    { 0x130, 0x130, -199 }, { 0x132, 0x137, 0 },
	{ 0x139, 0x148, 0 },    { 0x14a, 0x177, 0 },    { 0x178, 0x178, -121 },
	{ 0x179, 0x17e, 0 },    { 0x218, 0x21b, 0 },    { 0x386, 0x386, 38 },
	{ 0x388, 0x38a, 37 },   { 0x38c, 0x38c, 64 },   { 0x38e, 0x38f, 63 },
	{ 0x391, 0x3a1, 32 },   { 0x3a3, 0x3ab, 32 },   { 0x3c2, 0x3c2, 1 },
	{ 0x400, 0x40f, 80 },   { 0x410, 0x42f, 32 },   { 0x460, 0x481, 0 },
	{ 0x48a, 0x4bf, 0 },    { 0x4d0, 0x52f, 0 },    { 0x531, 0x556, 48 },
	{ 0x1e00, 0x1e95, 0 },  { 0x1ea0, 0x1eff, 0 },  { 0x212a, 0x212a, 'k' - 0x212a },
	{ 0xff21, 0xff3a, 32 },
};

static uint32_t fold_char(uint32_t c)
{
	if (c == 0x2018 || c == 0x2019 || c == 0x2bc)
		return '\'';
	if (c == 0xa0 || c == 0x2009 || c == 0x202f || c == 0x3000 || (c >= '\t' && c <= '\r'))
		return ' ';
	for (size_t i = 0; i < sizeof(fold_ranges) / sizeof(*fold_ranges); i++) {
		const struct fold_range *r = &fold_ranges[i];

		if (c < r->first || c > r->last)
			continue;
		if (r->add)
			return (uint32_t)((int32_t)c + r->add);
		return c + ((c - r->first) % 2 == 0);
	}
	return c;
}

void fold_text(const char *s, char *out, size_t cap)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = 0;
	bool space = false;

	while (*p) {
		char piece[5];
		uint32_t c;
		bool bad;
		size_t used = utf8_read(p, &c, &bad), len = 0;

		c = bad ? c : fold_char(c);
		if (c == ' ') {
			space = n > 0;
			p += used;
			continue;
		}
		if (space)
			piece[len++] = ' ';
		if (bad)
			piece[len++] = (char)*p;
		else
			len += utf8_write(c, piece + len);
		if (len >= cap - n)
			break;
		memcpy(out + n, piece, len);
		n += len;
		p += used;
		space = false;
	}
	out[n] = '\0';
}

static bool has_word(const char *hay, const char *word, size_t len)
{
	for (; *hay; hay++)
		if (!strncmp(hay, word, len))
			return true;
	return false;
}

bool fold_has_words(const char *words, const char *const *folded, size_t n)
{
	while (*words) {
		size_t len = strcspn(words, " ");
		bool found = false;

		for (size_t i = 0; i < n && !found; i++)
			found = has_word(folded[i], words, len);
		if (!found)
			return false;
		words += len;
		words += *words == ' ';
	}
	return true;
}
