/*
 * keys: the decoder. A lone ESC is told from the start of a sequence by time (30 ms); unknown
 * answers of the terminal (OSC, DCS) are swallowed; a bracketed paste is collected whole. Sequences
 * and pastes may arrive in any pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/keys.h"
#include "tui/tui_int.h"

enum { ESCAPE_MS = 30, SEQUENCE_MS = 200, SEQUENCE_MAX = 32 };
enum { GROUND, CHARACTER, ESCAPED, CSI, CSI_LINUX, SS3, STRING, PASTE };

struct keys {
	keys_fn *fn;
	void *ctx;

	int state;
	char seq[SEQUENCE_MAX + 1];
	size_t seq_len, seq_need;
	int64_t deadline; /* ms of the monotonic clock, 0 = none */
	char last;        /* STRING: the byte before */

	char *paste;
	size_t paste_len, paste_cap;
	bool paste_cut;
};

static const char paste_end[] = "\033[201~";
enum { PASTE_END = sizeof paste_end - 1 };

static void ground_byte(keys *k, unsigned char b);

keys *keys_new(keys_fn *fn, void *ctx)
{
	keys *k = calloc(1, sizeof *k);

	if (k) {
		k->fn = fn;
		k->ctx = ctx;
	}
	return k;
}

void keys_free(keys *k)
{
	if (!k)
		return;
	free(k->paste);
	free(k);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void key(keys *k, int what)
{
	k->fn(k->ctx, what, NULL, 0);
}

static void ground(keys *k)
{
	k->state = GROUND;
	k->seq_len = 0;
	k->deadline = 0;
}

/* Goes on to `state` with b as the next byte of the sequence; ms: how long the rest may take, 0 for
 * ever. */
static void collect(keys *k, int state, unsigned char b, int ms)
{
	k->state = state;
	k->seq[k->seq_len++] = (char)b;
	k->deadline = ms ? now_ms() + ms : 0;
}

/* Delivers the collected bytes as `what`; the decoder is ready for the next key before the call. */
static void deliver(keys *k, int what)
{
	char seq[SEQUENCE_MAX + 1];
	size_t n = k->seq_len;

	memcpy(seq, k->seq, n);
	seq[n] = 0;
	ground(k);
	k->fn(k->ctx, what, seq, n);
}

/* ---- sequences ---- */

static int program_key(const char *seq)
{
	static const struct {
		const char *seq;
		int key;
	} table[] = {
		{ "[5~", INPUT_PAGE_UP },  { "[6~", INPUT_PAGE_DOWN }, { "[1;5H", INPUT_TOP },
		{ "[1;5F", INPUT_BOTTOM }, { "[7^", INPUT_TOP },       { "[8^", INPUT_BOTTOM },
		{ "OP", INPUT_F1 },        { "OQ", INPUT_F2 },         { "OR", INPUT_F3 },
		{ "OS", INPUT_F4 },        { "[P", INPUT_F1 },         { "[Q", INPUT_F2 },
		{ "[R", INPUT_F3 },        { "[S", INPUT_F4 },         { "[11~", INPUT_F1 },
		{ "[12~", INPUT_F2 },      { "[13~", INPUT_F3 },       { "[14~", INPUT_F4 },
		{ "[[A", INPUT_F1 },       { "[[B", INPUT_F2 },        { "[[C", INPUT_F3 },
		{ "[[D", INPUT_F4 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(seq, table[i].seq))
			return table[i].key;
	return -1;
}

static void sequence_done(keys *k)
{
	k->seq[k->seq_len] = 0;
	const char *seq = k->seq + 1;
	int what = program_key(seq);

	if (what >= 0) {
		ground(k);
		key(k, what);
	} else if (!strcmp(seq, "[200~")) {
		ground(k);
		k->state = PASTE;
		k->paste_len = 0;
		k->paste_cut = false;
	} else if (!strcmp(seq, "OM") || !strcmp(seq, "[13;2u") || !strcmp(seq, "[27;2;13~")) {
		const char *enter = *seq == 'O' ? "\r" : "\n"; /* keypad Enter; Shift-Enter */

		ground(k);
		k->fn(k->ctx, INPUT_TEXT, enter, 1);
	} else {
		deliver(k, INPUT_SEQUENCE);
	}
}

static void sequence_byte(keys *k, unsigned char b)
{
	if (b < 0x20 || b >= 0x7F || k->seq_len == SEQUENCE_MAX) {
		ground(k);
		if (b < 0x20)
			ground_byte(k, b);
	} else if (k->state == CSI && k->seq_len == 2 && b == '[') {
		collect(k, CSI_LINUX, b, SEQUENCE_MS);
	} else {
		k->seq[k->seq_len++] = (char)b;
		if (k->state != CSI || b >= 0x40)
			sequence_done(k);
	}
}

static void escaped_byte(keys *k, unsigned char b)
{
	if (b == '[') {
		collect(k, CSI, b, SEQUENCE_MS);
	} else if (b == 'O') {
		collect(k, SS3, b, SEQUENCE_MS);
	} else if (b == ']' || b == 'P') {
		collect(k, STRING, b, SEQUENCE_MS);
		k->last = 0;
	} else if (b == 0x1B) {
		ground(k);
		key(k, INPUT_ESCAPE);
		ground_byte(k, b);
	} else if (b >= 0x80) {
		ground(k);
		ground_byte(k, b);
	} else {
		collect(k, GROUND, b, 0);
		deliver(k, INPUT_SEQUENCE);
	}
}

/* ---- pastes ---- */

/* Line ends become \n, controls go, and so do the newlines at the end, which nobody meant to type.
 */
static size_t paste_clean(char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == 033) { /* the colours of a copied log, whole */
			i += text_escape(s + i, len - i) - 1;
			continue;
		}
		if (c == '\r' && i + 1 < len && s[i + 1] == '\n')
			continue;
		if (c == '\r')
			c = '\n';
		if ((c >= 0x20 && c != 0x7F) || c == '\n' || c == '\t')
			s[n++] = (char)c;
	}
	n = text_whole(s, n); /* a cut may leave half a character */
	while (n && s[n - 1] == '\n')
		n--;
	s[n] = 0;
	return n;
}

static void paste_byte(keys *k, unsigned char b)
{
	if (k->paste_len + 2 > k->paste_cap) {
		size_t cap = k->paste_cap ? k->paste_cap * 2 : 4096;
		char *p = realloc(k->paste, cap);

		if (!p)
			return;
		k->paste = p;
		k->paste_cap = cap;
	}
	if (k->paste_len ==
	    PASTE_MAX + PASTE_END) { /* past the limit only what could be the end mark is kept */
		memmove(k->paste + PASTE_MAX, k->paste + PASTE_MAX + 1, PASTE_END - 1);
		k->paste_len--;
		k->paste_cut = true;
	}
	k->paste[k->paste_len++] = (char)b;
	if (b == '~' && k->paste_len >= PASTE_END &&
	    !memcmp(k->paste + k->paste_len - PASTE_END, paste_end, PASTE_END)) {
		size_t n = paste_clean(k->paste, k->paste_len - PASTE_END);

		ground(k);
		k->fn(k->ctx, INPUT_PASTE, k->paste, n);
		if (k->paste_cut)
			key(k, INPUT_PASTE_CUT);
	}
}

/* ---- bytes ---- */

static void ground_byte(keys *k, unsigned char b)
{
	if (b == 0x1B) {
		collect(k, ESCAPED, b, ESCAPE_MS);
	} else if (b == 0x03) {
		key(k, INPUT_INTERRUPT);
	} else if (b == 0x1A) {
		key(k, INPUT_SUSPEND);
	} else if (b < 0x80) {
		collect(k, GROUND, b, 0);
		deliver(k, INPUT_TEXT);
	} else if (b >= 0xC2 && b <= 0xF4) {
		collect(k, CHARACTER, b, 0);
		k->seq_need = b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
	} /* else a stray byte: not text, not a key */
}

static void character_byte(keys *k, unsigned char b)
{
	uint32_t c;

	if ((b & 0xC0) != 0x80) {
		ground(k);
		ground_byte(k, b);
		return;
	}
	k->seq[k->seq_len++] = (char)b;
	if (k->seq_len < k->seq_need)
		return;
	if (text_decode(k->seq, k->seq_len, &c) == k->seq_len)
		deliver(k, INPUT_TEXT);
	else
		ground(k);
}

static void string_byte(keys *k, unsigned char b)
{
	if (b == '\a' || (b == '\\' && k->last == '\033'))
		ground(k);
	k->last = (char)b;
	k->seq_len = k->seq_len ? 3 : 0; /* no longer just an introducer */
}

void keys_feed(keys *k, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char b = (unsigned char)bytes[i];

		switch (k->state) {
		case GROUND:
			ground_byte(k, b);
			break;
		case CHARACTER:
			character_byte(k, b);
			break;
		case ESCAPED:
			escaped_byte(k, b);
			break;
		case STRING:
			string_byte(k, b);
			break;
		case PASTE:
			paste_byte(k, b);
			break;
		default:
			sequence_byte(k, b);
		}
	}
}

int keys_timeout(const keys *k)
{
	if (!k->deadline)
		return -1;
	int64_t left = k->deadline - now_ms();

	return left > 0 ? (int)left : 0;
}

void keys_expire(keys *k)
{
	if (!k->deadline || now_ms() < k->deadline)
		return;
	if (k->state == ESCAPED) {
		ground(k);
		key(k, INPUT_ESCAPE);
	} else if (k->seq_len == 2) { /* M-[ M-O M-] M-P typed by hand */
		deliver(k, INPUT_SEQUENCE);
	} else { /* a sequence that broke off */
		ground(k);
	}
}
