/*
 * reader: see reading.h. At x the hidden states z of all answer tokens are known, and a move is thought to take them to
 * z + H move. The move that makes the answers likely is found on that line of thought alone, by Gauss-Newton steps through
 * the softmax, with several dampings; the network is asked about the outcome only. Of the vocabulary only the tokens that are
 * likely at x, and the targets, are thought of.
 */
#include "reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit.h"

static const double DAMPING[READER_TRIES] = { 1e-2, 0.1, 0.5 }; /* relative to the mean of the diagonal of J J' */
static const double REACH = 4;     /* longest move / scale */
static const double ENOUGH = 0.05; /* -log p below this asks for nothing more */
static const double SHORTER_DAMPING = 1e-2;
static const double SETTLED = 0.02; /* of scale: a shorter inner step is the last */

enum { INNER_STEPS = 8, RIVALS = 8, WORDS_MAX = 2048, LOGIT_ROWS = 16 };

struct reader {
	engine *e;
	const model *m;
	size_t d, n;           /* n: targets */
	const gguf_tensor *output;
	size_t *slot;          /* [n] */
	int32_t *target;       /* [n] */
	float *map[READING_SLOTS]; /* [d, d] each, corrected; NULL: no target is there */
	double scale, shrunk, loss;
	int step;

	float *x;              /* [d] */
	float *z;              /* [n, d]: normed, at x */
	float *moves;          /* [READER_TRIES, d] */
	float *told;           /* [READER_TRIES, n, d]: normed, of the tries */

	int32_t *words;        /* [n_words]: what is thought of, in order */
	size_t n_words, *word_of; /* [n]: a target's place among them */
	float *rows, *columns; /* [n_words, d] of the output matrix; [d, n_words] */
	float *logits;         /* [LOGIT_ROWS, n_vocab] */
	bool *likely;          /* [n_vocab] */

	/* Inner steps. */
	float *zi, *g, *p;     /* [n, d], [n, d], [n, n_words] */
	float *by_slot;        /* [READING_SLOTS, d]: H move */
	float *jac;            /* [n, d] */
	double *gram, *y, *r;  /* [n, n], [n], [n] */
};

/* ---- life ---- */

static const gguf_tensor *output_tensor(const model *m)
{
	const gguf_tensor *t = m->hp.tied_output ? NULL : gguf_find(m->file, "output.weight");

	return t ? t : m->embd;
}

static bool buffers_init(reader *r)
{
	size_t d = r->d, n = r->n, v = r->m->hp.n_vocab;

	r->slot = alloc_array(n, 1, sizeof *r->slot);
	r->target = alloc_array(n, 1, sizeof *r->target);
	r->word_of = alloc_array(n, 1, sizeof *r->word_of);
	r->words = alloc_array(WORDS_MAX, 1, sizeof *r->words);
	r->rows = alloc_array(WORDS_MAX, d, sizeof *r->rows);
	r->columns = alloc_array(d, WORDS_MAX, sizeof *r->columns);
	r->logits = alloc_array(LOGIT_ROWS, v, sizeof *r->logits);
	r->likely = alloc_array(v, 1, sizeof *r->likely);
	r->x = alloc_array(d, 1, sizeof *r->x);
	r->z = alloc_array(n, d, sizeof *r->z);
	r->moves = alloc_array(READER_TRIES, d, sizeof *r->moves);
	r->told = alloc_array(READER_TRIES * n, d, sizeof *r->told);
	r->zi = alloc_array(n, d, sizeof *r->zi);
	r->g = alloc_array(n, d, sizeof *r->g);
	r->p = alloc_array(n, WORDS_MAX, sizeof *r->p);
	r->by_slot = alloc_array(READING_SLOTS, d, sizeof *r->by_slot);
	r->jac = alloc_array(n, d, sizeof *r->jac);
	r->gram = alloc_array(n, n, sizeof *r->gram);
	r->y = alloc_array(n, 1, sizeof *r->y);
	r->r = alloc_array(n, 1, sizeof *r->r);
	return r->slot && r->target && r->word_of && r->words && r->rows && r->columns && r->logits && r->likely && r->x &&
	       r->z && r->moves && r->told && r->zi && r->g && r->p && r->by_slot && r->jac && r->gram && r->y && r->r;
}

int reader_new(reader **out, engine *e, const reading *maps, const size_t *slot, const int32_t *target, size_t m, double scale)
{
	reader *r = calloc(1, sizeof *r);

	if (!r)
		return ENGINE_ENOMEM;
	r->e = e;
	r->m = e->model;
	r->d = maps->d;
	r->n = m;
	r->scale = scale;
	r->shrunk = 1;
	r->output = output_tensor(e->model);
	bool ok = buffers_init(r);

	for (size_t t = 0; ok && t < m; t++) {
		r->slot[t] = slot[t];
		r->target[t] = target[t];
		if (r->map[slot[t]])
			continue;
		float *map = r->map[slot[t]] = alloc_array(r->d, r->d, sizeof *map);

		ok = map != NULL;
		if (ok)
			memcpy(map, reading_map(maps, slot[t]), r->d * r->d * sizeof *map);
	}
	if (!ok) {
		reader_free(r);
		return ENGINE_ENOMEM;
	}
	*out = r;
	return 0;
}

void reader_free(reader *r)
{
	if (!r)
		return;
	for (size_t s = 0; s < READING_SLOTS; s++)
		free(r->map[s]);
	free(r->slot);
	free(r->target);
	free(r->word_of);
	free(r->words);
	free(r->rows);
	free(r->columns);
	free(r->logits);
	free(r->likely);
	free(r->x);
	free(r->z);
	free(r->moves);
	free(r->told);
	free(r->zi);
	free(r->g);
	free(r->p);
	free(r->by_slot);
	free(r->jac);
	free(r->gram);
	free(r->y);
	free(r->r);
	free(r);
}

size_t reader_bytes(const reader *r)
{
	size_t d = r->d, n = r->n, floats = (size_t)WORDS_MAX * (2 * d + n) + (READER_TRIES + 4) * n * d +
					    LOGIT_ROWS * r->m->hp.n_vocab + (READING_SLOTS + READER_TRIES + 1) * d;

	for (size_t s = 0; s < READING_SLOTS; s++)
		floats += r->map[s] ? d * d : 0;
	return floats * sizeof(float) + n * n * sizeof(double);
}

/* ---- what is thought of ---- */

/* Marks the likeliest words of a row; its logits are used up. */
static void mark_rivals(reader *r, float *logits)
{
	size_t v = r->m->hp.n_vocab;

	for (int k = 0; k < RIVALS; k++) {
		size_t top = 0;

		for (size_t i = 1; i < v; i++)
			if (logits[i] > logits[top])
				top = i;
		r->likely[top] = true;
		logits[top] = -INFINITY;
	}
}

/* hidden [n, d]: at x. */
static int choose_words(reader *r, const float *hidden)
{
	size_t d = r->d, v = r->m->hp.n_vocab;

	memset(r->likely, 0, v * sizeof *r->likely);
	for (size_t t = 0; t < r->n; t += LOGIT_ROWS) {
		size_t rows = r->n - t < LOGIT_ROWS ? r->n - t : LOGIT_ROWS;
		int rc = forward_logits(r->e->fwd, hidden + t * d, rows, r->logits);

		if (rc)
			return rc;
		for (size_t i = 0; i < rows; i++)
			mark_rivals(r, r->logits + i * v);
	}
	/* The targets first, so that a full list has them. */
	r->n_words = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t t = 0; pass == 0 && t < r->n; t++)
			r->likely[r->target[t]] = false;
		for (size_t i = 0; i < (pass ? v : r->n) && r->n_words < WORDS_MAX; i++) {
			int32_t word = pass ? (int32_t)i : r->target[i];
			size_t at = 0;

			if (pass && !r->likely[i])
				continue;
			while (!pass && at < r->n_words && r->words[at] != word)
				at++;
			if (!pass)
				r->word_of[i] = at;
			if (pass || at == r->n_words)
				r->words[r->n_words++] = word;
		}
	}
	for (size_t w = 0; w < r->n_words; w++) {
		gguf_row(r->output, (size_t)r->words[w], r->rows + w * d);
		for (size_t k = 0; k < d; k++)
			r->columns[k * r->n_words + w] = r->rows[w * d + k];
	}
	return 0;
}

/* ---- the inner steps ---- */

/* out [n] += by * x [n] */
static void add_scaled(float *restrict out, const float *restrict x, float by, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] += by * x[i];
}

/* Hidden states zi -> r = -log p of the targets, and g = dr/dz. */
static void residuals(reader *r)
{
	size_t d = r->d, w = r->n_words;

	for (size_t t = 0; t < r->n; t++) {
		float *p = r->p + t * w, *g = r->g + t * d, most = -INFINITY;
		size_t y = r->word_of[t];
		double sum = 0;

		memset(p, 0, w * sizeof *p);
		for (size_t k = 0; k < d; k++)
			add_scaled(p, r->columns + k * w, r->zi[t * d + k], w);
		for (size_t i = 0; i < w; i++)
			most = fmaxf(most, p[i]);
		r->r[t] = (double)most - (double)p[y];
		for (size_t i = 0; i < w; i++) {
			p[i] = expf(p[i] - most);
			sum += (double)p[i];
		}
		r->r[t] += log(sum);
		memset(g, 0, d * sizeof *g);
		for (size_t i = 0; i < w; i++)
			if (p[i] > 1e-7F * (float)sum)
				add_scaled(g, r->rows + i * d, p[i] / (float)sum, d);
		add_scaled(g, r->rows + y * d, -1, d);
	}
}

/* jac = g H */
static void slopes(reader *r)
{
	size_t d = r->d;

	memset(r->jac, 0, r->n * d * sizeof *r->jac);
	for (size_t t = 0; t < r->n; t++)
		for (size_t k = 0; k < d; k++)
			add_scaled(r->jac + t * d, r->map[r->slot[t]] + k * d, r->g[t * d + k], d);
}

static double dot(const float *a, const float *b, size_t n)
{
	double part[4] = { 0 };
	size_t k = 0;

	for (; k + 4 <= n; k += 4)
		for (size_t w = 0; w < 4; w++)
			part[w] += (double)a[k + w] * (double)b[k + w];
	for (; k < n; k++)
		part[0] += (double)a[k] * (double)b[k];
	return part[0] + part[1] + part[2] + part[3];
}

/* zi = z + H move */
static void imagine(reader *r, const float *move)
{
	size_t d = r->d;

	for (size_t s = 0; s < READING_SLOTS; s++)
		for (size_t k = 0; r->map[s] && k < d; k++)
			r->by_slot[s * d + k] = (float)dot(r->map[s] + k * d, move, d);
	for (size_t t = 0; t < r->n; t++)
		for (size_t k = 0; k < d; k++)
			r->zi[t * d + k] = r->z[t * d + k] + r->by_slot[r->slot[t] * d + k];
}

/* y = (J J' + damping * mean of the diagonal)^-1 y; false when that cannot be done. */
static bool gram_solve(reader *r, double damping)
{
	double mean = 0;

	for (size_t i = 0; i < r->n; i++) {
		for (size_t j = 0; j <= i; j++)
			r->gram[i * r->n + j] = dot(r->jac + i * r->d, r->jac + j * r->d, r->d);
		mean += r->gram[i * r->n + i] / (double)r->n;
	}
	return mean > 0 && isfinite(mean) && fit_solve_spd(r->gram, r->n, damping * mean, r->y);
}

static double length(const float *x, size_t n)
{
	return sqrt(dot(x, x, n));
}

static void make_move(reader *r, double damping, float *move)
{
	size_t d = r->d;
	double most = REACH * r->shrunk * r->scale;

	memset(move, 0, d * sizeof *move);
	for (int i = 0; i < INNER_STEPS; i++) {
		double square = 0, long_by;

		imagine(r, move);
		residuals(r);
		slopes(r);
		for (size_t t = 0; t < r->n; t++)
			r->y[t] = r->r[t] > ENOUGH ? r->r[t] - ENOUGH : 0;
		if (!gram_solve(r, damping))
			break;
		for (size_t k = 0; k < d; k++) {
			double sum = 0;

			for (size_t t = 0; t < r->n; t++)
				sum += (double)r->jac[t * d + k] * r->y[t];
			move[k] -= (float)sum;
			square += sum * sum;
		}
		long_by = length(move, d);
		for (size_t k = 0; long_by > most && k < d; k++)
			move[k] *= (float)(most / long_by);
		if (!(sqrt(square) > SETTLED * r->scale))
			break;
	}
}

static int plan(reader *r, const float *hidden)
{
	int rc = choose_words(r, hidden);

	for (size_t k = 0; !rc && k < READER_TRIES; k++)
		make_move(r, DAMPING[k], r->moves + k * r->d);
	return rc;
}

/* What the answers depend on at x: of every target the slope of its lead over the rivals, which, unlike that of -log p, does
 * not fade where it is likely. */
static void lead_slopes(reader *r)
{
	memcpy(r->zi, r->z, r->n * r->d * sizeof *r->z);
	residuals(r);
	for (size_t t = 0; t < r->n; t++) {
		float rest = (float)fmax(-expm1(-r->r[t]), 1e-6); /* 1 - p */

		for (size_t k = 0; k < r->d; k++)
			r->g[t * r->d + k] /= rest;
	}
	slopes(r);
}

void reader_shorter(reader *r, const float *x, double by, float *out)
{
	size_t d = r->d;

	memcpy(out, x, d * sizeof *out);
	lead_slopes(r);
	for (size_t t = 0; t < r->n; t++)
		r->y[t] = dot(r->jac + t * d, x, d);
	if (!gram_solve(r, SHORTER_DAMPING))
		return;
	for (size_t k = 0; k < d; k++) {
		double kept = 0;

		for (size_t t = 0; t < r->n; t++)
			kept += (double)r->jac[t * d + k] * r->y[t];
		out[k] = (float)((double)x[k] - by * ((double)x[k] - kept));
	}
}

/* ---- the face ---- */

int reader_begin(reader *r, const float *x, const float *hidden, double loss)
{
	memcpy(r->x, x, r->d * sizeof *x);
	r->loss = loss;
	reading_norm(r->m, hidden, r->n, r->z);
	return plan(r, hidden);
}

size_t reader_ask(const reader *r, float *points)
{
	for (size_t k = 0; k < READER_TRIES; k++)
		for (size_t i = 0; i < r->d; i++)
			points[k * r->d + i] = r->x[i] + r->moves[k * r->d + i];
	return READER_TRIES;
}

/* H += (change - H move) move' / |move|^2, the change being the mean of those of a slot's targets. */
static void correct(reader *r, size_t k)
{
	size_t d = r->d;
	const float *move = r->moves + k * d, *told = r->told + k * r->n * d;
	double square = dot(move, move, d);

	if (!(square > 0))
		return;
	for (size_t s = 0; s < READING_SLOTS; s++) {
		float *mean = r->by_slot;
		size_t n = 0;

		if (!r->map[s])
			continue;
		memset(mean, 0, d * sizeof *mean);
		for (size_t t = 0; t < r->n; t++) {
			if (r->slot[t] != s)
				continue;
			n++;
			for (size_t i = 0; i < d; i++)
				mean[i] += told[t * d + i] - r->z[t * d + i];
		}
		for (size_t i = 0; i < d; i++) {
			double more = (double)mean[i] / (double)n - dot(r->map[s] + i * d, move, d);

			if (isfinite(more))
				add_scaled(r->map[s] + i * d, move, (float)(more / square), d);
		}
	}
}

int reader_tell(reader *r, const float *hidden, const double *loss)
{
	size_t low = 0, d = r->d;

	for (size_t k = 1; k < READER_TRIES; k++)
		if (isnan(loss[low]) || loss[k] < loss[low])
			low = k;
	reading_norm(r->m, hidden, READER_TRIES * r->n, r->told);
	for (size_t k = READER_TRIES; k-- > 0;) /* the try that is taken last: it counts most */
		if (k != low)
			correct(r, k);
	correct(r, low);
	r->step++;
	if (!(loss[low] < r->loss)) {
		/* The words stay those of x. */
		r->shrunk /= 2;
		for (size_t k = 0; k < READER_TRIES; k++)
			make_move(r, DAMPING[k], r->moves + k * d);
		return 0;
	}
	r->shrunk = fmin(1, r->shrunk * 2);
	r->loss = loss[low];
	add_scaled(r->x, r->moves + low * d, 1, d);
	memcpy(r->z, r->told + low * r->n * d, r->n * d * sizeof *r->z);
	return plan(r, hidden + low * r->n * d);
}

int reader_step(const reader *r)
{
	return r->step;
}
