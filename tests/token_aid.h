/*
 * token_aid: golden strings of a vocabulary in tests/vectors, and texts whose tokens must spell them
 * again. IMPRINT_TEST_DIR names the folder tests/ when the program is not started from the
 * repository's root.
 */
#ifndef TESTS_TOKEN_AID_H
#define TESTS_TOKEN_AID_H

#include "engine/engine_int.h"
#include "test.h"

#include <stdlib.h>

enum { MAX_IDS = 1024 };

static inline const char *token_path(const char *prefix, const char *pre, const char *suffix)
{
	static char path[512];
	const char *dir = getenv("IMPRINT_TEST_DIR");

	snprintf(path, sizeof(path), "%s/vectors/%s-%s%s", dir ? dir : "tests", prefix, pre,
		 suffix);
	return path;
}

static inline vocab *token_load(const char *path, gguf **g)
{
	char err[256] = "";
	vocab *v = NULL;

	if (gguf_open(g, path, err, sizeof(err)) || vocab_new(&v, *g, err, sizeof(err)))
		printf("%s\n", err);
	return v;
}

static inline size_t token_hex(const char *line, char *out)
{
	const char *p = strstr(line, "\"hex\":\"");
	size_t n = 0;
	unsigned x;

	for (p = p ? p + 7 : ""; *p && *p != '"' && sscanf(p, "%2x", &x) == 1; p += 2)
		out[n++] = (char)x;
	return n;
}

static inline size_t token_ids(const char *line, const char *key, int32_t *out)
{
	const char *p = strstr(line, key);
	size_t n = 0;

	p = p ? strchr(p, '[') : NULL;
	while (p && *p != ']' && n < MAX_IDS) {
		char *end;

		p++;
		if (*p == ']')
			break;
		out[n++] = (int32_t)strtol(p, &end, 10);
		p = end;
	}
	return n;
}

static inline void token_check(const vocab *v, const char *line, bool special)
{
	static char text[65536];
	int32_t want[MAX_IDS], got[MAX_IDS];
	size_t len = token_hex(line, text),
	       n = token_ids(line, special ? "\"special\"" : "\"plain\"", want);
	int m = vocab_encode(v, text, len, special, got, MAX_IDS);

	if (!CHECK_INT(m, n) || !CHECK(!memcmp(want, got, n * sizeof(*got))))
		printf("  special %d: %.70s\n", special, line);
}

/* vocab-PRE.gguf and its n strings; "special" is only looked at where a line has it. */
static inline void token_golden(const char *pre, size_t n)
{
	gguf *g = NULL;
	vocab *v = token_load(token_path("vocab", pre, ".gguf"), &g);
	FILE *f = fopen(token_path("tokenizer", pre, ".jsonl"), "r");
	char *line = NULL;
	size_t cap = 0, lines = 0;

	if (CHECK(v) && CHECK(f))
		for (; getline(&line, &cap, f) > 0; lines++) {
			if (strstr(line, "\"special\""))
				token_check(v, line, true);
			token_check(v, line, false);
		}
	CHECK_INT(lines, n);
	free(line);
	if (f)
		fclose(f);
	vocab_free(v);
	gguf_close(g);
}

#endif
