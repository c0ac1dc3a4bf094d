/* See tokfile.h. */
#include "tokfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 64 << 20, MAX_LINES = 1 << 20 };

static char *read_text(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *p = NULL;
	long size;

	if (!f)
		return NULL;
	if (!fseek(f, 0, SEEK_END) && (size = ftell(f)) >= 0 && size < MAX_BYTES && !fseek(f, 0, SEEK_SET) &&
	    (p = malloc((size_t)size + 1))) {
		*n = fread(p, 1, (size_t)size, f);
		p[*n] = 0;
	}
	fclose(f);
	return p;
}

/* Cuts the next line off *at; NULL at the end. */
static char *line_next(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (!*line)
		return NULL;
	if (end)
		*end++ = 0;
	else
		end = line + strlen(line);
	*at = end;
	return line;
}

/* A line "word N": N, or -1. */
static long count_read(char **at, const char *word)
{
	char *line = line_next(at), *end;
	size_t len = strlen(word);
	long n;

	if (!line || strncmp(line, word, len) || line[len] != ' ')
		return -1;
	n = strtol(line + len + 1, &end, 10);
	return *end || n < 0 || n > MAX_LINES ? -1 : n;
}

static int parse(tokfile *t)
{
	char *at = t->text, *line = line_next(&at), *tab;
	long n;

	if (!line || strcmp(line, "imprint-bpe 1") || (n = count_read(&at, "tokens")) < 1)
		return -1;
	t->token = calloc((size_t)n, sizeof *t->token);
	t->type = calloc((size_t)n, sizeof *t->type);
	if (!t->token || !t->type)
		return -1;
	for (; t->n_token < (size_t)n; t->n_token++) {
		if (!(line = line_next(&at)) || !(tab = strrchr(line, '\t')) || tab == line)
			return -1;
		*tab = 0;
		t->token[t->n_token] = line;
		t->type[t->n_token] = (int32_t)atoi(tab + 1);
	}
	if ((n = count_read(&at, "merges")) < 0 || !(t->merge = calloc((size_t)n + 1, sizeof *t->merge)))
		return -1;
	for (; t->n_merge < (size_t)n; t->n_merge++) {
		if (!(line = line_next(&at)) || !strchr(line, ' '))
			return -1;
		t->merge[t->n_merge] = line;
	}
	return 0;
}

int tokfile_read(tokfile *t, const char *path, char *err, size_t errlen)
{
	size_t n = 0;

	memset(t, 0, sizeof *t);
	errno = 0;
	t->text = read_text(path, &n);
	if (!t->text || strlen(t->text) != n || parse(t)) {
		snprintf(err, errlen, "%s: %s", path,
			 t->text ? "is not a tokenizer file" : errno ? strerror(errno) : "cannot be read");
		tokfile_release(t);
		return -1;
	}
	return 0;
}

void tokfile_release(tokfile *t)
{
	free(t->token);
	free(t->type);
	free(t->merge);
	free(t->text);
	memset(t, 0, sizeof *t);
}

int32_t tokfile_find(const tokfile *t, const char *token)
{
	for (size_t i = 0; i < t->n_token; i++)
		if (!strcmp(t->token[i], token))
			return (int32_t)i;
	return -1;
}
