/*
 * The detector's lexer: bytes to tokens with their byte spans. Code (fences, backticks, indented
 * lines) and lines quoted with '>' are masked first. Curly quotes and apostrophes count as straight
 * ones, contractions are written out
 * ("I'm" gives "i", "am"), e-mail addresses, URLs, decimals, times and "Dr." stay whole. Any bytes
 * are accepted: invalid UTF-8 ends up inside words, which later fail utf8_clean(). Linear in the
 * length.
 */
#include "detect_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MAX = 256 };

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Decodes one code point; *step gets its bytes. Invalid bytes decode to 0xFFFD, one byte long. */
static uint32_t utf8_next(const unsigned char *s, size_t left, size_t *step)
{
	uint32_t cp;
	size_t k;

	*step = 1;
	if (s[0] < 0x80)
		return s[0];
	k = s[0] >= 0xF0 && s[0] < 0xF5	  ? 4
	    : s[0] >= 0xE0 && s[0] < 0xF0 ? 3
	    : s[0] >= 0xC2 && s[0] < 0xE0 ? 2
					  : 0;
	if (!k || k > left)
		return 0xFFFD;
	cp = s[0] & (0xFFu >> (k + 1));
	for (size_t i = 1; i < k; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0xFFFD;
		cp = cp << 6 | (s[i] & 0x3F);
	}
	if ((k == 3 && cp < 0x800) || (k == 4 && (cp < 0x10000 || cp > 0x10FFFF)) ||
	    (cp >= 0xD800 && cp < 0xE000))
		return 0xFFFD;
	*step = k;
	return cp;
}

bool utf8_clean(const char *s, size_t len)
{
	for (size_t i = 0, step; i < len; i += step) {
		uint32_t cp = utf8_next((const unsigned char *)s + i, len - i, &step);

		if (cp < 0x20 || cp == 0x7F || (cp == 0xFFFD && step == 1) ||
		    (cp >= 0x80 && cp < 0xA0))
			return false;
		if ((cp >= 0x200B && cp <= 0x200F && cp != 0x200D) ||
		    (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) ||
		    cp == 0x2028 || cp == 0x2029)
			return false; /* invisible or direction-changing */
	}
	return true;
}

static bool cp_upper(uint32_t cp)
{
	if (cp < 0x80)
		return cp >= 'A' && cp <= 'Z';
	if (cp < 0x100)
		return cp >= 0xC0 && cp <= 0xDE && cp != 0xD7;
	if (cp < 0x180)
		return (cp >= 0x139 && cp <= 0x148) || cp >= 0x179 ? (cp & 1) != 0 : (cp & 1) == 0;
	if (cp < 0x590)
		return (cp >= 0x386 && cp <= 0x3AB) || (cp >= 0x400 && cp <= 0x42F) ||
		       (cp >= 0x531 && cp <= 0x556);
	return cp < 0x1E00 || (cp > 0x2C00 && cp < 0xFB00); /* scripts without case may be names */
}

size_t text_titled(char *out, size_t cap, const char *s, size_t len)
{
	size_t n = len < cap ? len : cap - 1;
	bool start = true;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i],
			      next = i + 1 < n ? (unsigned char)s[i + 1] : 0;

		out[i] = s[i];
		if (start && c >= 'a' && c <= 'z')
			out[i] = (char)(c - 32);
		if (start && c == 0xC3 && next >= 0xA0 && next <= 0xBE && next != 0xB7)
			out[++i] = (char)(next - 32);
		start = c == ' ' || c == '-';
	}
	out[n] = 0;
	return n;
}

static struct tok *lex_push(struct lex *x, const char *w, size_t a, size_t b, int kind)
{
	struct tok *t = &x->tok[x->n++];

	*t = (struct tok){ .w = w, .a = (uint32_t)a, .b = (uint32_t)b, .kind = (uint8_t)kind };
	return t;
}

/* Lower-cases [a, b) into the pool; curly apostrophes become straight. */
static char *lex_lower(struct lex *x, size_t a, size_t b)
{
	char *out = x->pool + x->pool_used, *o = out;

	for (size_t i = a; i < b; i++) {
		unsigned char c = (unsigned char)x->text[i];

		if (c == 0xE2 && i + 2 < b && (unsigned char)x->text[i + 1] == 0x80 &&
		    ((unsigned char)x->text[i + 2] | 1) == 0x99) {
			*o++ = '\'';
			i += 2;
		} else if (i + 1 < b && ((c == 0xC2 && (unsigned char)x->text[i + 1] == 0xB4) ||
					 (c == 0xCA && (unsigned char)x->text[i + 1] == 0xBC))) {
			*o++ = '\'';
			i++;
		} else {
			*o++ = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c ? c : ' ');
		}
	}
	*o++ = 0;
	x->pool_used += (size_t)(o - out);
	return out;
}

/* What a byte position holds: 0 space, 'w' word, '\'' apostrophe, '"' quote, or the punctuation
 * itself. */
static int lex_class(const struct lex *x, size_t i, size_t *step)
{
	unsigned char c = (unsigned char)x->text[i];
	uint32_t cp;

	*step = 1;
	if (x->mask[i])
		return '`';
	if (byte_alpha(c) || is_digit(c) || c == '_')
		return 'w';
	if (c == '\n')
		return '\n';
	if (c <= ' ' || c == 0x7F || c == '*')
		return 0;
	if (c < 0x80)
		return c;
	cp = utf8_next((const unsigned char *)x->text + i, x->len - i, step);
	if (cp == 0xA0 || (cp >= 0x2000 && cp <= 0x200B) || cp == 0x202F || cp == 0x3000 ||
	    cp == 0xFEFF)
		return 0;
	if (cp == 0x2018 || cp == 0x2019 || cp == 0xB4 || cp == 0x2BC)
		return '\'';
	if (cp == 0x201C || cp == 0x201D || cp == 0x201E || cp == 0xAB || cp == 0xBB)
		return '"';
	if (cp == 0x2013 || cp == 0x2014)
		return 0x2014;
	if (cp == 0x2026 || cp == 0x3002)
		return '.';
	if (cp >= 0x2600 && (cp < 0x2C00 || cp >= 0x1F000 || (cp >= 0xFE00 && cp <= 0xFE0F)))
		return ','; /* pictures: a pause */
	return 'w';
}

static bool lex_word_at(const struct lex *x, size_t i)
{
	size_t step;

	return i < x->len && lex_class(x, i, &step) == 'w';
}

/* May this mark stand inside a word, given what is on either side? */
static bool lex_inner(const struct lex *x, size_t a, size_t i, size_t step, int c)
{
	unsigned char before = (unsigned char)x->text[i - 1];
	unsigned char after = i + step < x->len ? (unsigned char)x->text[i + step] : 0;
	bool digits = is_digit(before) && is_digit(after);

	if (c == '+' || (c == '#' && !lex_word_at(x, i + step)))
		return i > a && !lex_word_at(x, i + step);
	if (c == '-' && !lex_word_at(x, i + step)) /* blood types: "A-" */
		return i - a <= 2 && strchr("ABO", before) && strchr("ABO", x->text[a]);
	if (!lex_word_at(x, i + step))
		return false;
	switch (c) {
	case '\'':
	case '-':
	case '&':
	case '/':
		return true;
	case '#': /* codes: "Kib#932", "p@ss" */
	case '$':
	case '@':
		return true;
	case '!':
		return is_digit(after);
	case '.':
		return digits || x->text[a] == '@' ||
		       (byte_alpha(before) && byte_alpha(after) &&
			(i == a + 1 || x->text[i - 2] == '.')) ||
		       (byte_alpha(after) && i + 2 < x->len && x->text[i + 2] == '.') ||
		       (!byte_alpha(after) && is_digit(after));
	case ':':
	case ',':
		return digits;
	default:
		return false;
	}
}

static size_t lex_word_end(const struct lex *x, size_t a)
{
	size_t i = a;

	while (i < x->len) {
		size_t step;
		int c = lex_class(x, i, &step);

		if (c != 'w' && !((c == '+' || c == '@') && i == a) &&
		    !(i > a && c && lex_inner(x, a, i, step, c)))
			break;
		i += step;
	}
	return i;
}

/* If the bytes at a up to the next space are an e-mail address or URL: its end, else 0. */
static size_t lex_address(const struct lex *x, size_t a, int *kind)
{
	size_t b = a, at = 0, dot = 0, slash = 0, n_at = 0;
	char tld[16] = "";

	while (b < x->len && b - a < CHUNK_MAX && !x->mask[b] && (unsigned char)x->text[b] > ' ' &&
	       !strchr("\"<>`()[]{}", x->text[b]) &&
	       !(x->text[b] == ',' && b + 1 < x->len && x->text[b + 1] <= ' '))
		b++;
	while (b > a && strchr(".,;:!?'", x->text[b - 1]))
		b--;
	for (size_t i = a; i < b; i++) {
		if (x->text[i] == '@') {
			at = i;
			n_at++;
		} else if (x->text[i] == '/' && !slash) {
			slash = i;
		} else if (x->text[i] == '.' && !slash) {
			dot = i;
		}
	}
	*kind = TOK_URL;
	if (b - a > 8 &&
	    (!memcmp(x->text + a, "http://", 7) || !memcmp(x->text + a, "https://", 8)))
		return b;
	if (!dot || dot == a || dot + 1 >= b)
		return 0;
	if (n_at == 1 && at > a && at + 1 < dot && !slash &&
	    byte_alpha((unsigned char)x->text[dot + 1])) {
		*kind = TOK_EMAIL;
		return b;
	}
	for (size_t i = dot + 1, k = 0;
	     i < b && k < sizeof(tld) - 1 && byte_alpha((unsigned char)x->text[i]); i++)
		tld[k++] = (char)(x->text[i] | 32), tld[k] = 0;
	if (n_at || !word_in(WORDS_TLD, tld) ||
	    (dot + 1 + strlen(tld) != b && x->text[dot + 1 + strlen(tld)] != '/'))
		return 0;
	return dot > a && byte_alpha((unsigned char)x->text[a]) ? b : 0;
}

struct split {
	const char *word, *first, *second;
	size_t at; /* bytes of the first half */
};

/* Spellings of contractions without an apostrophe, and short forms. */
static const struct split splits[] = {
	{ "im", "i", "am", 1 },		  { "ive", "i", "have", 1 },
	{ "dont", "do", "not", 2 },	  { "doesnt", "does", "not", 4 },
	{ "isnt", "is", "not", 2 },	  { "arent", "are", "not", 3 },
	{ "wasnt", "was", "not", 3 },	  { "cant", "can", "not", 3 },
	{ "cannot", "can", "not", 3 },	  { "wont", "will", "not", 2 },
	{ "didnt", "did", "not", 3 },	  { "whats", "what", "is", 4 },
	{ "wheres", "where", "is", 5 },	  { "whos", "who", "is", 3 },
	{ "thats", "that", "is", 4 },	  { "hes", "he", "is", 2 },
	{ "shes", "she", "is", 3 },	  { "youre", "you", "are", 3 },
	{ "theyre", "they", "are", 4 },	  { "lets", "let", "us", 3 },
	{ "wanna", "want", "to", 3 },	  { "gonna", "going", "to", 3 },
	{ "hows", "how", "is", 3 },	  { "wouldnt", "would", "not", 5 },
	{ "couldnt", "could", "not", 5 }, { "ur", "your", NULL, 2 },
	{ "u", "you", NULL, 1 },	  { "w", "with", NULL, 1 },
		  { "ya", "you", NULL, 2 },
	{ "dunno", "do", "not", 1 },	  { "havent", "have", "not", 4 },
};

/* Ends of words after an apostrophe. */
static const struct {
	const char *end, *word;
} endings[] = {
	{ "m", "am" },	  { "s", "'s" },    { "re", "are" },
	{ "ve", "have" }, { "ll", "will" }, { "d", "would" },
};

static void lex_flags(struct lex *x, struct tok *t)
{
	size_t step;

	if (cp_upper(utf8_next((const unsigned char *)x->text + t->a, t->b - t->a, &step)))
		t->flags |= TOK_CAP;
	for (size_t i = t->a; i < t->b; i++)
		if (!is_digit((unsigned char)x->text[i]) && !strchr(".,:/+-", x->text[i]))
			return;
	t->kind = TOK_NUM;
}

/* Pushes a word, in two parts if it is a contraction. */
static void lex_word(struct lex *x, size_t a, size_t b)
{
	char *w = lex_lower(x, a, b), *q = strrchr(w, '\'');
	struct tok *t;

	for (size_t i = 0; !q && i < sizeof(splits) / sizeof(*splits); i++) {
		if (strcmp(w, splits[i].word) != 0 ||
		    (b - a < 3 && !byte_alpha((unsigned char)x->text[a])))
			continue;
		t = lex_push(x, splits[i].first, a, a + splits[i].at, TOK_WORD);
		lex_flags(x, t);
		if (splits[i].second)
			lex_push(x, splits[i].second, a + splits[i].at, b, TOK_WORD)->flags =
				TOK_TAIL;
		return;
	}
	if (q && q > w + 1 && !strcmp(q, "'t") && q[-1] == 'n') {
		bool wont = !strcmp(w, "won't"), cant = !strcmp(w, "can't");

		q[-1] = 0;
		t = lex_push(x,
			     wont   ? "will"
			     : cant ? "can"
				    : w,
			     a, a + (size_t)(q - w) - 1, TOK_WORD);
		lex_flags(x, t);
		lex_push(x, "not", t->b, b, TOK_WORD)->flags = TOK_TAIL;
		return;
	}
	for (size_t i = 0; q && q > w && i < sizeof(endings) / sizeof(*endings); i++) {
		if (strcmp(q + 1, endings[i].end) != 0)
			continue;
		*q = 0;
		t = lex_push(x, w, a, a + strlen(w),
			     TOK_WORD); /* the apostrophe may be 1 to 3 bytes */
		lex_flags(x, t);
		lex_push(x, !strcmp(w, "let") ? "us" : endings[i].word, t->b, b, TOK_WORD)->flags =
			TOK_TAIL;
		return;
	}
	t = lex_push(x, w, a, b, TOK_WORD);
	lex_flags(x, t);
	if (!(t->flags & TOK_CAP))
		t->w = word_mended(w);
}

/* "Dr." and the "K." of "Ursula K. Le Guin": takes the dot into the word. */
static void lex_abbreviation(struct lex *x, size_t *i)
{
	struct tok *t = &x->tok[x->n - 1];
	size_t next = *i + 1, step;
	bool letters = t->b - t->a == 3 && x->text[t->a + 1] == '.'; /* "W.B. Yeats" */
	bool initial = (t->b - t->a == 1 || letters) && (t->flags & TOK_CAP) && x->n > 1 &&
		       (t[-1].flags & TOK_CAP) && t[-1].kind == TOK_WORD && !tok_is(t, "i");

	if (t->b != *i || x->text[*i] != '.')
		return;
	while (next < x->len && x->text[next] == ' ')
		next++;
	if (next >= x->len || next == *i + 1 || x->mask[next])
		return;
	if (word_among(" mr mrs ms prof dr ", t->w) && !(t->flags & TOK_CAP) && byte_alpha((unsigned char)x->text[next]) &&
	    !(x->n > 1 && (t[-1].flags & TOK_CAP))) { /* "mr. lindgren", but not "on Mill dr. it" */
		t->b++;
		t->flags |= TOK_DOT;
		++*i;
		return;
	}
	if (!cp_upper(utf8_next((const unsigned char *)x->text + next, x->len - next, &step)) &&
	    !is_digit((unsigned char)x->text[next]))
		return;
	if (initial) { /* not before a new sentence: "type A. My ..." */
		size_t e = lex_word_end(x, next);

		initial = e - next > 1 && !(e - next == 2 && !memcmp(x->text + next, "My", 2)) &&
			  !(e - next == 3 && !memcmp(x->text + next, "I'm", 3)) &&
			  x->text[t[-1].b] == ' ' && t[-1].b + 1 == t->a &&
			  !word_in(WORDS_AUX, t[-1].w);
	}
	if (initial || word_in(WORDS_ABBREVIATION, t->w)) {
		t->b++;
		t->flags |= TOK_DOT;
		++*i;
	}
}

static const char *punct_name(int c)
{
	static const char names[] = ".\0!\0?\0;\0,\0:\0(\0)\0\"\0\n\0=\0";

	for (size_t i = 0; i < sizeof(names) - 1; i += 2)
		if (names[i] == (char)c && c < 0x80)
			return names + i;
	return c == 0x2014 ? "-" : "~";
}

/* A lone apostrophe: a quotation mark if it opens or closes a word, the possessive of "parents'"
 * otherwise. */
static bool lex_apostrophe(struct lex *x, size_t i, size_t step, bool *open)
{
	bool before = i && lex_word_at(x, i - 1), after = lex_word_at(x, i + step);

	if (!before && after) {
		const char *p = x->text + i + step, *end = x->text + x->len;

		for (; p < end && *p != '\n' && p < x->text + i + CHUNK_MAX; p++)
			if (*p == '\'' && (p + 1 == end || !byte_alpha((unsigned char)p[1])) &&
			    p[-1] != ' ')
				return *open = true;
		return false;
	}
	if (*open) {
		*open = false;
		return true;
	}
	if (before && !after && x->n && x->text[i - 1] == 's')
		lex_push(x, "'s", i, i + step, TOK_WORD)->flags = TOK_TAIL;
	return false;
}

static void lex_run(struct lex *x)
{
	bool single = false, chunk = true;

	for (size_t i = 0, step; i < x->len;) {
		int c = lex_class(x, i, &step), kind = TOK_URL;
		size_t b = 0;

		if (!c || c == '`') {
			if (c && x->mask[i] && (!x->n || x->tok[x->n - 1].kind != TOK_HOLE))
				lex_push(x, "`", i, i + 1, TOK_HOLE);
			chunk = true;
			i += step;
			continue;
		}
		if (c == 'w' || (c == '@' && lex_word_at(x, i + 1)) ||
		    (c == '+' && i + 1 < x->len && is_digit((unsigned char)x->text[i + 1]))) {
			if (chunk && c == 'w')
				b = lex_address(x, i, &kind);
			chunk = false;
			if (b) {
				lex_push(x, lex_lower(x, i, b), i, b, kind);
			} else {
				b = lex_word_end(x, i);
				lex_word(x, i, b);
				lex_abbreviation(x, &b);
			}
			i = b;
			continue;
		}
		chunk = true;
		if (c == '\'') {
			if (lex_apostrophe(x, i, step, &single))
				lex_push(x, "\"", i, i + step, TOK_PUNCT);
		} else if (c == '&') {
			lex_push(x, "&", i, i + 1, TOK_WORD);
		} else if (c != '-' ||
			   (i + 1 < x->len && (x->text[i + 1] == ' ' || x->text[i + 1] == '-'))) {
			lex_push(x, punct_name(c == '-' ? 0x2014 : c), i, i + step, TOK_PUNCT);
		}
		i += step;
	}
}

int lex_text(struct lex *x, const char *text, size_t len)
{
	*x = (struct lex){ .len = len };
	x->text = malloc(len + 1);
	x->mask = calloc(len + 1, 1);
	x->tok = malloc((len + 4) * sizeof(*x->tok));
	x->pool = malloc(2 * len + 16);
	if (!x->text || !x->mask || !x->tok || !x->pool) {
		lex_release(x);
		return MEMORY_ENOMEM;
	}
	if (len)
		memcpy(x->text, text, len);
	x->text[len] = 0;
	mask_lines(x);
	lex_run(x);
	return 0;
}

void lex_release(struct lex *x)
{
	free(x->text);
	free(x->mask);
	free(x->tok);
	free(x->pool);
	*x = (struct lex){ 0 };
}
