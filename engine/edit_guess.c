/* edit_guess: the value code's guess at a vector, delta = b + sum_t A_t e(token_t) (assets/README.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit_int.h"

/* parts [n, d] and out [d] of one bank; row [d] is scratch. */
static void guess_bank(const engine *e, size_t bank, const int32_t *tokens, size_t n, float *row,
		       float *parts, float *out)
{
	const value_code *vc = &e->code;
	size_t d = vc->d;

	for (size_t i = 0; i < d; i++)
		out[i] = vc->b[bank * d + i];
	for (size_t t = 0; t < n; t++) {
		const float *a = vc->a + (bank * vc->n_tokens + t) * d * d;

		gguf_row(e->model->embd, (size_t)tokens[t], row);
		for (size_t i = 0; i < d; i++) {
			double sum = 0;

			for (size_t k = 0; k < d; k++)
				sum += (double)a[i * d + k] * (double)row[k];
			parts[t * d + i] = (float)sum;
			out[i] += (float)sum;
		}
	}
}

static int value_tokens(const engine *e, const char *value, int32_t *tokens, size_t most)
{
	size_t len = strlen(value) + 2;
	char *text = malloc(len);

	if (!text)
		return ENGINE_ENOMEM;
	snprintf(text, len, " %s", value);
	int n = engine_tokenize(e, text, len - 1, false, tokens, most);

	free(text);
	return n;
}

int edit_guess_init(edit_guess *g, const engine *e, const char *value, char *err, size_t errlen)
{
	const value_code *vc = &e->code;
	int32_t tokens[EDIT_VALUE_TOKENS];
	size_t most = vc->n_tokens < EDIT_VALUE_TOKENS ? vc->n_tokens : EDIT_VALUE_TOKENS;
	int n = value_tokens(e, value, tokens, most);

	*g = (edit_guess){ 0 };
	if (n < 0)
		return fail(err, errlen, n, "%s",
			    n == ENGINE_ENOMEM ? "not enough memory for an edit"
					       : "the value could not be tokenised");
	most = (size_t)n < most ? (size_t)n : most;
	float *row = alloc_array(vc->d, 1, sizeof *row);

	g->vector = alloc_array(vc->n_banks, vc->d, sizeof *g->vector);
	g->parts = alloc_array(vc->n_banks, most * vc->d, sizeof *g->parts);
	if (!g->vector || !g->parts || !row) {
		free(row);
		edit_guess_release(g);
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory for an edit");
	}
	g->n = vc->n_banks;
	g->n_parts = most;
	for (size_t bank = 0; bank < g->n; bank++)
		guess_bank(e, bank, tokens, most, row, g->parts + bank * most * vc->d, g->vector + bank * vc->d);
	free(row);
	return 0;
}

void edit_guess_release(edit_guess *g)
{
	free(g->vector);
	free(g->parts);
	*g = (edit_guess){ 0 };
}
