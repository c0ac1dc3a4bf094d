/*
 * value_code: the built-in model's learned code of values, from a GGUF beside the model. Two
 * tensors:
 *
 *     imprint.value.A [banks * 16 * d, d]    imprint.value.b [banks, d]
 *
 * and, where the model was made with one, the second moment of the edit layer's keys over far more
 * text than a calibration at start can run: imprint.key_moment [n_ff, n_ff].
 *
 * In bank s, of 15 at most, a value of tokens t_0.. is coded as b[s] + sum_i A[s][i] e(t_i), e the input embedding,
 * i < 16.
 */
#include "engine_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CODE_TOKENS = 16 };

/* MODEL.gguf -> MODEL.value.gguf. NULL: no memory. */
static char *path_beside(const char *file)
{
	size_t len = strlen(file), cut = len;
	char *path = malloc(len + sizeof(".value.gguf"));

	if (len > 5 && !strcmp(file + len - 5, ".gguf"))
		cut = len - 5;
	if (path)
		sprintf(path, "%.*s.value.gguf", (int)cut, file);
	return path;
}

static float *decode(const gguf_tensor *t)
{
	float *x = alloc_array(t->rows, t->cols, sizeof(*x));

	for (size_t r = 0; x && r < t->rows; r++)
		gguf_row(t, r, x + r * t->cols);
	return x;
}

static int read_code(value_code *c, const gguf *g, const char *path, size_t d, char *err,
		     size_t errlen)
{
	const gguf_tensor *a = gguf_find(g, "imprint.value.A"),
			  *b = gguf_find(g, "imprint.value.b");

	if (!a || !b)
		return fail(err, errlen, ENGINE_EFORMAT, "%s: not a value code", path);
	if (b->cols != d || a->cols != d || a->rows % (CODE_TOKENS * d) ||
	    a->rows / (CODE_TOKENS * d) != b->rows)
		return fail(err, errlen, ENGINE_EFORMAT,
			    "%s: the value code (%zu x %zu, %zu x %zu) does not fit a model of "
			    "width %zu",
			    path, a->rows, a->cols, b->rows, b->cols, d);
	if (b->rows > VALUE_CODE_BANKS_MAX)
		return fail(err, errlen, ENGINE_EFORMAT, "%s: the value code has %zu banks; at most %d are supported", path,
			    b->rows, VALUE_CODE_BANKS_MAX);
	value_code read = {
		.n_banks = b->rows, .n_tokens = CODE_TOKENS, .d = d, .a = decode(a), .b = decode(b)
	};

	const gguf_tensor *m = gguf_find(g, "imprint.key_moment");

	if (m && m->rows == m->cols) {
		read.moment = decode(m);
		read.n_moment = m->rows;
		read.moment_layer = UINT64_MAX;
		gguf_u64(g, "imprint.edit_layer", &read.moment_layer);
	}
	if (!read.a || !read.b || (m && m->rows == m->cols && !read.moment)) {
		value_code_release(&read);
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	}
	if (!floats_finite(read.a, a->rows * d) || !floats_finite(read.b, b->rows * d) ||
	    !floats_finite(read.moment, read.n_moment * read.n_moment)) {
		value_code_release(&read);
		return fail(err, errlen, ENGINE_EFORMAT,
			    "%s: the value code holds a value that is not a number", path);
	}
	*c = read;
	return 0;
}

int value_code_open(value_code *c, const char *model_path, const char *path, size_t d, char *err,
		    size_t errlen)
{
	char *beside = path ? NULL : path_beside(model_path);
	gguf *g = NULL;

	if (!path && !beside)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	const char *used = path ? path : beside;
	int rc = 0;

	if (path || access(beside, F_OK) == 0) {
		rc = gguf_open(&g, used, err, errlen);
		if (!rc)
			rc = read_code(c, g, used, d, err, errlen);
		if (!rc && !gguf_intact(g)) {
			value_code_release(c);
			rc = fail(err, errlen, ENGINE_EIO, "%s: %s", used, gguf_lost_text);
		}
	}
	gguf_close(g);
	free(beside);
	return rc;
}

void value_code_release(value_code *c)
{
	free(c->a);
	free(c->b);
	free(c->moment);
	*c = (value_code){ 0 };
}
