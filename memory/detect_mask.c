/*
 * What of a text is not the user's own statement by its look: code, quoted lines, turns of a pasted dialogue.
 */
#include "detect_int.h"

#include <string.h>

static void mask_set(struct lex *x, size_t a, size_t b, int why)
{
	size_t *span = why == MASK_CODE ? x->code : x->quote;

	if (a == b)
		return;
	memset(x->mask + a, why, b - a);
	if (span[0] == span[1]) {
		span[0] = a;
		span[1] = b;
	}
}

/* Masks `...` pairs of one line. */
static void mask_backticks(struct lex *x, size_t a, size_t b)
{
	while (a < b) {
		const char *p = memchr(x->text + a, '`', b - a), *q;

		if (!p)
			return;
		q = memchr(p + 1, '`', (size_t)(x->text + b - p - 1));
		if (!q)
			return;
		mask_set(x, (size_t)(p - x->text), (size_t)(q - x->text) + 1, MASK_CODE);
		a = (size_t)(q - x->text) + 1;
	}
}

/* A line of a pasted dialogue with an assistant. */
static bool line_is_turn(const char *s, size_t len)
{
	static const char *const speakers[] = { "User:", "Assistant:", "Human:", "AI:", "Bot:",
						"System:", "ChatGPT:" };

	for (size_t i = 0; i < sizeof(speakers) / sizeof(*speakers); i++)
		if (len > strlen(speakers[i]) && !memcmp(s, speakers[i], strlen(speakers[i])))
			return true;
	return false;
}

/* A line that is code by itself: a comment, or `"key": "value",`. */
static bool line_is_code(const char *s, size_t len)
{
	size_t i = 0;

	while (len && strchr(" \t\r", s[len - 1]))
		len--;
	if (len > 2 && s[0] == '/' && (s[1] == '/' || s[1] == '*'))
		return true;
	if (len > 12 && (!strncmp(s, "const ", 6) || !strncmp(s, "let ", 4) || !strncmp(s, "var ", 4)) && memchr(s, '=', len) && memchr(s, ';', len))
		return true;
	if (len < 6 || !strchr(",;", s[len - 1]) || !strchr("\"'", s[len - 2]))
		return false;
	while (i < len && (byte_alpha((unsigned char)s[i]) || s[i] == '_' || s[i] == '"'))
		i++;
	return i && i < len && (s[i] == ':' || s[i] == '=');
}

void mask_lines(struct lex *x)
{
	bool fence = false;

	for (size_t a = 0, b; a < x->len; a = b + 1) {
		const char *nl = memchr(x->text + a, '\n', x->len - a);
		size_t i;

		b = nl ? (size_t)(nl - x->text) : x->len;
		for (i = a; i < b && x->text[i] == ' '; i++)
			;
		if (b - i >= 3 &&
		    (!memcmp(x->text + i, "```", 3) || !memcmp(x->text + i, "~~~", 3))) {
			bool closed = b - i > 5 && x->text[i] == '`' &&
				      !memcmp(x->text + b - 3, "```", 3);

			mask_set(x, a, b, MASK_CODE);
			fence = closed ? fence : !fence;
		} else if (fence || i - a >= 4 || (i < b && x->text[i] == '\t') ||
			   line_is_code(x->text + i, b - i)) {
			mask_set(x, a, b, i < b ? MASK_CODE : MASK_NONE);
		} else if (i < b && (x->text[i] == '>' || line_is_turn(x->text + i, b - i))) {
			mask_set(x, a, b, MASK_QUOTE);
		} else {
			mask_backticks(x, a, b);
		}
	}
}
