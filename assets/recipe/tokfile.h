/*
 * The tokenizer file of bpe: text.
 *   imprint-bpe 1
 *   tokens N        then N lines: token in GPT-2's byte-to-unicode spelling, TAB, type (1 normal, 3 control)
 *   merges M        then M lines: left, space, right
 */
#ifndef RECIPE_TOKFILE_H
#define RECIPE_TOKFILE_H

#include <stddef.h>
#include <stdint.h>

typedef struct tokfile {
	char **token; /* [n_token] */
	int32_t *type;
	size_t n_token;
	char **merge; /* [n_merge] "left right" */
	size_t n_merge;
	char *text; /* the file; the strings lie in it */
} tokfile;

/* 0, or -1 with err (t is empty then). */
int tokfile_read(tokfile *t, const char *path, char *err, size_t errlen);
void tokfile_release(tokfile *t);

/* Id of a token, or -1. */
int32_t tokfile_find(const tokfile *t, const char *token);

#endif
