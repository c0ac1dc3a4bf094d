/*
 * calib_text: the calibration text as token sequences. Paragraphs separated by blank lines. Lines "U: ..." and "A: ..." are turns
 * of a dialogue and go through the chat template; another paragraph is plain text.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calib_int.h"

enum { CALIB_MAX_TURNS = 16 };

int calib_text_read(const char *path, char **out, size_t *len, char *err, size_t errlen)
{
	if (!path)
		return fail(err, errlen, ENGINE_EARG, "no calibration text was given");
	FILE *f = fopen(path, "rb");
	if (!f)
		return fail(err, errlen, ENGINE_EIO, "%s: %s", path, strerror(errno));
	char *text = alloc_array(CALIB_MAX_TEXT + 1, 1, 1);
	size_t n = text ? fread(text, 1, CALIB_MAX_TEXT + 1, f) : 0;
	bool bad = ferror(f);
	fclose(f);
	if (!text)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	if (bad || n > CALIB_MAX_TEXT) {
		free(text);
		return fail(err, errlen, ENGINE_EIO, "%s: %s", path,
			    bad ? "cannot be read" : "longer than 1 MiB");
	}
	*out = text;
	*len = n;
	return ENGINE_OK;
}

/* Who reads it. */
typedef struct reader {
	engine *e;
	calib_tokens_fn each;
	void *arg;
} reader;

typedef struct line {
	const char *s;
	size_t len;
} line;

static bool next_line(const char **at, const char *end, line *l)
{
	if (*at >= end)
		return false;
	const char *nl = memchr(*at, '\n', (size_t)(end - *at));
	l->s = *at;
	l->len = (size_t)((nl ? nl : end) - *at);
	*at = nl ? nl + 1 : end;
	return true;
}

/* The role a line speaks in, or NULL; cuts the mark off. */
static const char *line_role(line *l)
{
	if (l->len < 3 || l->s[1] != ':' || l->s[2] != ' ' || (l->s[0] != 'U' && l->s[0] != 'A'))
		return NULL;
	const char *role = l->s[0] == 'U' ? "user" : "assistant";
	l->s += 3;
	l->len -= 3;
	return role;
}

static int pass_dialogue(const reader *p, const engine_turn *turns, size_t n, char *err,
			 size_t errlen)
{
	int32_t *tokens = NULL;
	size_t n_tokens = 0;
	int rc = engine_chat_tokens(p->e, turns, n, false, SIZE_MAX, &tokens, &n_tokens, NULL, err,
				    errlen);
	if (!rc && n_tokens)
		rc = p->each(p->arg, tokens, n_tokens);
	free(tokens);
	return rc;
}

static int pass_plain(const reader *p, const char *s, size_t len)
{
	size_t most = 2 * len + 1;
	int32_t *tokens = alloc_array(most, 1, sizeof(*tokens));
	int n = tokens ? engine_tokenize(p->e, s, len, false, tokens, most) : ENGINE_ENOMEM;
	if (n > 0)
		n = p->each(p->arg, tokens, (size_t)n);
	free(tokens);
	return n < 0 ? n : ENGINE_OK;
}

/* The turns as plain text, where the model was opened without a chat template. */
static int pass_turns_plain(const reader *p, const engine_turn *turns, size_t n)
{
	int rc = ENGINE_OK;
	for (size_t i = 0; !rc && i < n; i++)
		rc = pass_plain(p, turns[i].text, turns[i].len);
	return rc;
}

static int text_pass(const reader *p, const char *text, size_t len, char *err, size_t errlen)
{
	const char *at = text, *end = text + len, *start = NULL, *stop = NULL;
	engine_turn turns[CALIB_MAX_TURNS];
	size_t n = 0;
	line l = { text, 0 };
	int rc = ENGINE_OK;
	for (bool more = true; more && !rc;) {
		more = next_line(&at, end, &l);
		const char *role = more ? line_role(&l) : NULL;
		if (role && n < CALIB_MAX_TURNS) {
			turns[n++] = (engine_turn){ role, l.s, l.len };
		} else if (more && l.len) {
			start = start ? start : l.s;
			stop = l.s + l.len;
		} else if (!more || !l.len) {
			if (n)
				rc = p->e->chat ? pass_dialogue(p, turns, n, err, errlen)
						: pass_turns_plain(p, turns, n);
			if (!rc && start)
				rc = pass_plain(p, start, (size_t)(stop - start));
			n = 0;
			start = NULL;
		}
	}
	return rc;
}

int calib_text_each(engine *e, const char *text, size_t len, calib_tokens_fn fn, void *arg, char *err, size_t errlen)
{
	return text_pass(&(reader){ e, fn, arg }, text, len, err, errlen);
}

int calib_each(engine *e, const char *text_path, calib_tokens_fn fn, void *arg, char *err, size_t errlen)
{
	char *text = NULL;
	size_t len = 0;
	int rc = calib_text_read(text_path, &text, &len, err, errlen);

	if (rc)
		return rc;
	rc = calib_text_each(e, text, len, fn, arg, err, errlen);
	free(text);
	return rc;
}
