/*
 * forward: rows of tokens through layers. Work is shared in one of two ways.
 *   chunks  many rows, weights that stay in cache: each thread takes some rows through a whole half-layer
 *   split   few rows or large weights: all threads work on the same rows, each on its own outputs, and meet after
 *           every step
 * Both run the same steps, and every row's arithmetic is the same in both.
 */
#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

enum {
	CHUNK_ROWS = 48,          /* most rows a thread takes at a time */
	CHUNK_MIN = 12,           /* fewer rows a thread than this: split */
	SPLIT_ROWS = 256,         /* rows between meetings */
	SERIAL_WORK = 2000000,    /* products a layer that one thread does faster than two can meet */
	CHUNK_WEIGHTS = 16 << 20, /* weights of a layer beyond which they are read once for all rows */
};

enum { IN_ATTN, IN_OUT, IN_FFN, IN_DOWN, INPUTS };

typedef struct span {
	size_t from, to;
} span;

/* Work buffers for some rows at a time. */
typedef struct space {
	uint8_t *in;     /* input of the next product: packed int16 or floats */
	float *in_scale; /* [rows] */
	float *k, *v;    /* [rows, kv width] */
	float *gate, *up; /* [rows, n_ff] */
	float *out;      /* [rows, n_embd] */
	size_t rows;
} space;

struct forward {
	model *m;
	pool *pool;
	kernels kern;
	size_t q_width, kv_width, layer_weights;
	float *observe; /* [n_layer * INPUTS + 1] or NULL */

	float *rope; /* [rope_rows, head_dim]: head_dim / 2 cosines, as many sines */
	size_t rope_rows;

	space *spaces; /* [threads]; spaces[0] is shared in split mode */
	float *row;    /* [threads, widest] */
	float *scores; /* [threads, heads of a group, score_cols] */
	size_t widest, score_cols;

	/* Grown with the batch. */
	float *q; /* [q_rows, q_width]: queries, then attention's output */
	size_t q_rows;
	uint32_t *seq_of; /* [q_rows] */
	float *logits;    /* [CHUNK_ROWS, n_vocab], for scores */
};

/* One call's work, shared by its threads. */
typedef struct job {
	forward *f;
	const forward_args *a;
	float *x;
	bool split;
	atomic_size_t next_in, next_out; /* chunks handed out */
	size_t chunk;
	atomic_bool stopped;

	/* logits and scores */
	const float *from;
	float *logits, *logp;
	const int32_t *targets;
	bool *top;
	size_t n;
} job;

typedef struct worker {
	job *j;
	forward *f;
	int i, n;
	space *s;
	size_t origin; /* batch row of the space's row 0 */
	float *row, *scores;
} worker;

/* ---- threads ---- */

static span part_of(span s, int i, int n)
{
	size_t len = s.to - s.from;
	return (span){ s.from + len * (size_t)i / (size_t)n, s.from + len * (size_t)(i + 1) / (size_t)n };
}

static span my(const worker *w, span s)
{
	return w->j->split ? part_of(s, w->i, w->n) : s;
}

static void meet(const worker *w)
{
	if (w->n > 1)
		pool_barrier(w->f->pool);
}

/* After a step of split work the others' results are needed; in chunks every thread is alone. */
static void meet_split(const worker *w)
{
	if (w->j->split)
		meet(w);
}

static worker worker_of(job *j, int i, int n)
{
	forward *f = j->f;
	size_t group = f->m->hp.n_head / f->m->hp.n_head_kv;
	return (worker){
		.j = j, .f = f, .i = i, .n = n,
		.s = &f->spaces[j->split ? 0 : i],
		.row = f->row + (size_t)i * f->widest,
		.scores = f->scores + (size_t)i * group * f->score_cols,
	};
}

/* ---- products ---- */

static void observe(forward *f, size_t slot, const float *x, size_t n)
{
	/* Floats that are not negative compare as their bits do. */
	float max = f->kern.absmax(x, n);
	uint32_t new, *word = (uint32_t *)(void *)&f->observe[slot];
	memcpy(&new, &max, sizeof(new));
	for (uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED); new > old;)
		if (__atomic_compare_exchange_n(word, &old, new, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			break;
}

/* Makes x the input of l for batch row t. */
static void feed(worker *w, const linear *l, size_t slot, size_t t, const float *x)
{
	forward *f = w->f;
	space *s = w->s;
	size_t row = t - w->origin;
	if (f->observe)
		observe(f, slot, x, l->cols);
	if (!l->q) {
		memcpy((float *)(void *)s->in + row * l->cols, x, l->cols * sizeof(*x));
		return;
	}
	float scale = l->act_scale;
	if (!(scale > 0)) { /* not calibrated */
		float max = f->kern.absmax(x, l->cols);
		scale = max > 1e-30f ? max / 32767.0f : 1.0f;
	}
	s->in_scale[row] = scale;
	f->kern.quantise(x, l->cols, 1.0f / scale, s->in + row * 2 * kernel_cols(l->cols));
}

/* Rows t of the batch, fed before, times l; y points at batch row 0's place less the origin: row t - origin. */
static void product(worker *w, const linear *l, span t, float *y, bool add)
{
	span b = my(w, (span){ 0, kernel_blocks(l->rows) });
	size_t row = t.from - w->origin;
	gemm_args g = {
		.l = l, .block0 = b.from, .block1 = b.to, .n = t.to - t.from,
		.y = y, .y_stride = l->rows, .add = add,
	};
	if (l->q) {
		g.x = w->s->in + row * 2 * kernel_cols(l->cols);
		g.x_scale = w->s->in_scale + row;
		w->f->kern.gemm_q(&g);
	} else {
		g.x = (const float *)(const void *)w->s->in + row * l->cols;
		w->f->kern.gemm_f(&g);
	}
}

/* ---- the first half of a layer: queries, keys, values ---- */

static void heads(const forward *f, float *x, size_t n, const float *norm, const float *cos_sin)
{
	const hparams *hp = &f->m->hp;
	for (size_t h = 0; h < n; h++, x += hp->head_dim) {
		if (norm)
			f->kern.rms_norm(x, norm, hp->head_dim, hp->norm_eps, x);
		f->kern.rope(x, cos_sin, hp->head_dim, hp->rope_neox);
	}
}

static size_t position_of(const forward_seq *s, size_t t)
{
	return s->pos0 + (t - s->row0);
}

static void store_row(worker *w, size_t layer_index, size_t t)
{
	forward *f = w->f;
	const hparams *hp = &f->m->hp;
	const layer *l = &f->m->layers[layer_index];
	const forward_seq *s = &w->j->a->seqs[f->seq_of[t]];
	size_t pos = position_of(s, t), row = t - w->origin;
	const float *cos_sin = f->rope + pos * hp->head_dim;
	float *k = w->s->k + row * f->kv_width, *v = w->s->v + row * f->kv_width;
	kv_cache *own = s->own;
	size_t at = (layer_index * own->capacity + pos - s->n_prefix) * own->width;

	heads(f, f->q + t * f->q_width, hp->n_head, l->q_norm, cos_sin);
	heads(f, k, hp->n_head_kv, l->k_norm, cos_sin);
	f->kern.to_half(k, f->kv_width, own->k + at);
	f->kern.to_half(v, f->kv_width, own->v + at);
}

static void layer_in(worker *w, size_t index, span t)
{
	forward *f = w->f;
	const hparams *hp = &f->m->hp;
	const layer *l = &f->m->layers[index];
	span mine = my(w, t);
	size_t row = t.from - w->origin;

	for (size_t r = mine.from; r < mine.to; r++) {
		f->kern.rms_norm(w->j->x + r * hp->n_embd, l->attn_norm, hp->n_embd, hp->norm_eps, w->row);
		feed(w, &l->q, index * INPUTS + IN_ATTN, r, w->row);
	}
	meet_split(w);
	product(w, &l->q, t, f->q + t.from * f->q_width, false);
	product(w, &l->k, t, w->s->k + row * f->kv_width, false);
	product(w, &l->v, t, w->s->v + row * f->kv_width, false);
	meet_split(w);
	for (size_t r = mine.from; r < mine.to; r++)
		store_row(w, index, r);
	meet_split(w);
}

/* ---- the second half: attention, feed-forward ---- */

/* One row and one key/value head; the result replaces the queries. */
static void attend(worker *w, size_t index, size_t t, size_t head)
{
	forward *f = w->f;
	const hparams *hp = &f->m->hp;
	const forward_seq *s = &w->j->a->seqs[f->seq_of[t]];
	size_t d = hp->head_dim, group = hp->n_head / hp->n_head_kv;
	size_t own_at = index * s->own->capacity * s->own->width + head * d;
	float *q = f->q + t * f->q_width + head * group * d;
	attn_args a = {
		.q = q, .out = q, .n_q = group, .d = d,
		.k1 = s->own->k + own_at, .v1 = s->own->v + own_at,
		.n0 = s->n_prefix, .n1 = position_of(s, t) + 1 - s->n_prefix,
		.stride = f->kv_width, .scale = 1.0f / sqrtf((float)d),
		.scores = w->scores, .scores_stride = f->score_cols,
	};
	if (s->n_prefix) {
		size_t at = index * s->prefix->capacity * s->prefix->width + head * d;
		a.k0 = s->prefix->k + at;
		a.v0 = s->prefix->v + at;
	} else {
		a.k0 = a.k1;
		a.v0 = a.v1;
	}
	f->kern.attend(&a);
}

static void layer_attention(worker *w, size_t index, span t)
{
	size_t n_kv = w->f->m->hp.n_head_kv;
	span tasks = my(w, (span){ t.from * n_kv, t.to * n_kv });
	for (size_t i = tasks.from; i < tasks.to; i++)
		attend(w, index, i / n_kv, i % n_kv);
	meet_split(w);
}

/* The edit layer's down-projection, in floats, with what the caller takes out and puts in. */
static void edit_down(worker *w, span t)
{
	forward *f = w->f;
	const forward_args *a = w->j->a;
	const model *m = f->m;
	size_t d = m->hp.n_embd, ff = m->hp.n_ff, row = t.from - w->origin;
	linear l = { .rows = d, .cols = ff, .f32 = a->base ? m->down_base : m->down_edited };
	span b = my(w, (span){ 0, kernel_blocks(d) }), mine = my(w, t);
	gemm_args g = {
		.l = &l, .block0 = b.from, .block1 = b.to, .n = t.to - t.from,
		.x = w->s->gate + row * ff, .y = w->s->out + row * d, .y_stride = d,
	};
	f->kern.gemm_f(&g);
	meet_split(w);
	for (size_t r = mine.from; r < mine.to; r++) {
		const float *y = w->s->out + (r - w->origin) * d;
		if (a->keys_out)
			memcpy(a->keys_out + r * ff, w->s->gate + (r - w->origin) * ff, ff * sizeof(float));
		if (a->values_out)
			memcpy(a->values_out + r * d, y, d * sizeof(float));
		f->kern.add(w->j->x + r * d, y, d);
		if (a->add && a->add[r])
			f->kern.add(w->j->x + r * d, a->add[r], d);
	}
}

static void layer_out(worker *w, size_t index, span t)
{
	forward *f = w->f;
	const hparams *hp = &f->m->hp;
	const layer *l = &f->m->layers[index];
	size_t d = hp->n_embd, ff = hp->n_ff, row = t.from - w->origin;
	bool edited = (int)index == f->m->edit_layer;
	span mine = my(w, t);
	float *x = w->j->x;

	layer_attention(w, index, t);
	for (size_t r = mine.from; r < mine.to; r++)
		feed(w, &l->o, index * INPUTS + IN_OUT, r, f->q + r * f->q_width);
	meet_split(w);
	product(w, &l->o, t, x + t.from * d, true);
	meet_split(w);
	for (size_t r = mine.from; r < mine.to; r++) {
		f->kern.rms_norm(x + r * d, l->ffn_norm, d, hp->norm_eps, w->row);
		feed(w, &l->gate, index * INPUTS + IN_FFN, r, w->row);
	}
	meet_split(w);
	product(w, &l->gate, t, w->s->gate + row * ff, false);
	product(w, &l->up, t, w->s->up + row * ff, false);
	meet_split(w);
	for (size_t r = mine.from; r < mine.to; r++) {
		size_t at = (r - w->origin) * ff;
		f->kern.silu_mul(w->s->gate + at, w->s->up + at, ff);
		if (!edited)
			feed(w, &l->down, index * INPUTS + IN_DOWN, r, w->s->gate + at);
	}
	meet_split(w);
	if (edited)
		edit_down(w, t);
	else
		product(w, &l->down, t, x + t.from * d, true);
	meet_split(w);
}

/* ---- a batch through layers ---- */

/* Hands out the next chunk of rows; false when there is none left. */
static bool next_chunk(worker *w, atomic_size_t *next, span *t)
{
	job *j = w->j;
	size_t n = j->a->n_rows, from = atomic_fetch_add(next, 1) * j->chunk;
	if (from >= n)
		return false;
	t->from = w->origin = from;
	t->to = n - from < j->chunk ? n : from + j->chunk;
	return true;
}

static void layer_chunks(worker *w, size_t index)
{
	job *j = w->j;
	span t;
	if (w->i == 0)
		atomic_store(&j->next_out, 0); /* nobody takes from it before the next meeting */
	while (next_chunk(w, &j->next_in, &t))
		layer_in(w, index, t);
	meet(w);
	if (w->i == 0)
		atomic_store(&j->next_in, 0);
	while (next_chunk(w, &j->next_out, &t))
		layer_out(w, index, t);
}

/* Rows of a sequence come in order, so that the rows they see are in the cache already. */
static void layer_split(worker *w, size_t index)
{
	size_t n = w->j->a->n_rows;
	for (size_t from = 0; from < n; from += SPLIT_ROWS) {
		span t = { from, n - from < SPLIT_ROWS ? n : from + SPLIT_ROWS };
		w->origin = from;
		layer_in(w, index, t);
		layer_out(w, index, t);
	}
}

static void layers_part(void *arg, int i, int n)
{
	job *j = arg;
	worker w = worker_of(j, i, n);
	for (size_t l = j->a->layer0; l < j->a->layer1; l++) {
		if (i == 0 && j->a->stop && j->a->stop(j->a->arg))
			atomic_store(&j->stopped, true);
		meet(&w);
		if (atomic_load(&j->stopped))
			return;
		if (j->split)
			layer_split(&w, l);
		else
			layer_chunks(&w, l);
	}
}

/* ---- buffers ---- */

static int space_grow(forward *f, space *s, size_t rows)
{
	const hparams *hp = &f->m->hp;
	size_t in = hp->n_embd > hp->n_ff ? hp->n_embd : hp->n_ff;
	if (rows <= s->rows)
		return ENGINE_OK;
	if (f->q_width > in)
		in = f->q_width;
	space n = {
		.in = alloc_array(rows, kernel_cols(in), sizeof(float)),
		.in_scale = alloc_array(rows, 1, sizeof(float)),
		.k = alloc_array(rows, f->kv_width, sizeof(float)),
		.v = alloc_array(rows, f->kv_width, sizeof(float)),
		.gate = alloc_array(rows, hp->n_ff, sizeof(float)),
		.up = alloc_array(rows, hp->n_ff, sizeof(float)),
		.out = alloc_array(rows, hp->n_embd, sizeof(float)),
		.rows = rows,
	};
	bool whole = n.in && n.in_scale && n.k && n.v && n.gate && n.up && n.out;
	space old = whole ? *s : n;
	if (whole)
		*s = n;
	free(old.in);
	free(old.in_scale);
	free(old.k);
	free(old.v);
	free(old.gate);
	free(old.up);
	free(old.out);
	return whole ? ENGINE_OK : ENGINE_ENOMEM;
}

static int rope_grow(forward *f, size_t rows)
{
	const hparams *hp = &f->m->hp;
	size_t half = hp->head_dim / 2;
	if (rows <= f->rope_rows)
		return ENGINE_OK;
	float *table = alloc_array(rows, hp->head_dim, sizeof(float));
	if (!table)
		return ENGINE_ENOMEM;
	for (size_t i = 0; i < half; i++) {
		double freq = pow((double)hp->rope_theta, -2.0 * (double)i / (double)hp->head_dim);
		if (f->m->rope_factors)
			freq /= (double)f->m->rope_factors[i];
		for (size_t p = 0; p < rows; p++) {
			table[p * hp->head_dim + i] = (float)cos((double)p * freq);
			table[p * hp->head_dim + half + i] = (float)sin((double)p * freq);
		}
	}
	free(f->rope);
	f->rope = table;
	f->rope_rows = rows;
	return ENGINE_OK;
}

static int scores_grow(forward *f, size_t positions)
{
	size_t cols = kernel_cols(positions), group = f->m->hp.n_head / f->m->hp.n_head_kv;
	if (cols <= f->score_cols)
		return ENGINE_OK;
	float *scores = alloc_array((size_t)pool_size(f->pool) * group, cols, sizeof(float));
	if (!scores)
		return ENGINE_ENOMEM;
	free(f->scores);
	f->scores = scores;
	f->score_cols = cols;
	return ENGINE_OK;
}

static int batch_grow(forward *f, size_t rows)
{
	if (rows <= f->q_rows)
		return ENGINE_OK;
	float *q = alloc_array(rows, f->q_width, sizeof(float));
	uint32_t *seq_of = alloc_array(rows, 1, sizeof(*seq_of));
	if (!q || !seq_of) {
		free(q);
		free(seq_of);
		return ENGINE_ENOMEM;
	}
	free(f->q);
	free(f->seq_of);
	f->q = q;
	f->seq_of = seq_of;
	f->q_rows = rows;
	return ENGINE_OK;
}

/* Room for this batch; fills seq_of. */
static int batch_prepare(forward *f, const forward_args *a)
{
	size_t last = 0;
	int rc = batch_grow(f, a->n_rows);
	if (rc)
		return rc;
	for (size_t i = 0; i < a->n_seqs; i++) {
		const forward_seq *s = &a->seqs[i];
		size_t end = s->pos0 + s->n_rows;
		assert(s->row0 + s->n_rows <= a->n_rows && s->pos0 >= s->n_prefix);
		assert(end - s->n_prefix <= s->own->capacity && (!s->n_prefix || s->prefix));
		for (size_t r = 0; r < s->n_rows; r++)
			f->seq_of[s->row0 + r] = (uint32_t)i;
		if (end > last)
			last = end;
	}
	rc = rope_grow(f, last > f->rope_rows ? 2 * last : last);
	return rc ? rc : scores_grow(f, last > f->score_cols ? 2 * last : last);
}

static int spaces_prepare(forward *f, bool split, size_t rows, int n)
{
	int rc = ENGINE_OK;
	for (int i = 0; !rc && i < (split ? 1 : n); i++)
		rc = space_grow(f, &f->spaces[i], rows);
	return rc;
}

/* How the rows are shared; returns the number of threads. */
static int job_plan(job *j, size_t rows, size_t weights)
{
	int n = pool_size(j->f->pool);
	if (rows * weights < SERIAL_WORK)
		n = 1;
	j->split = weights > CHUNK_WEIGHTS || (n > 1 && rows < CHUNK_MIN * (size_t)n);
	size_t chunks = (rows + CHUNK_ROWS - 1) / CHUNK_ROWS + (size_t)n - 1;
	chunks -= chunks % (size_t)n; /* as many for each thread */
	j->chunk = (rows + chunks - 1) / chunks;
	return n;
}

static void job_run(job *j, void (*fn)(void *, int, int), int n)
{
	if (n == 1)
		fn(j, 0, 1);
	else
		pool_run(j->f->pool, fn, j);
}

int forward_layers(forward *f, const forward_args *a, float *x)
{
	job j = { .f = f, .a = a, .x = x };
	assert(a->layer0 <= a->layer1 && a->layer1 <= f->m->hp.n_layer);
	if (!a->n_rows)
		return ENGINE_OK;
	int n = job_plan(&j, a->n_rows, f->layer_weights), rc = batch_prepare(f, a);
	if (!rc)
		rc = spaces_prepare(f, j.split, j.split ? SPLIT_ROWS : CHUNK_ROWS, n);
	if (rc)
		return rc;
	job_run(&j, layers_part, n);
	return atomic_load(&j.stopped) ? ENGINE_ESTOP : ENGINE_OK;
}

int forward_embed(forward *f, const int32_t *tokens, size_t n, float *x)
{
	for (size_t i = 0; i < n; i++) {
		if (tokens[i] < 0 || (size_t)tokens[i] >= f->m->hp.n_vocab)
			return ENGINE_EARG;
		gguf_row(f->m->embd, (size_t)tokens[i], x + i * f->m->hp.n_embd);
	}
	return ENGINE_OK;
}

/* ---- logits ---- */

/* All threads on the same rows, each on its part of the vocabulary. */
static void output_rows(worker *w, span t, float *logits)
{
	forward *f = w->f;
	const hparams *hp = &f->m->hp;
	span mine = my(w, t);
	w->origin = t.from;
	for (size_t r = mine.from; r < mine.to; r++) {
		f->kern.rms_norm(w->j->from + r * hp->n_embd, f->m->output_norm, hp->n_embd, hp->norm_eps,
				 w->row);
		feed(w, &f->m->output, hp->n_layer * INPUTS, r, w->row);
	}
	meet_split(w);
	product(w, &f->m->output, t, logits, false);
	meet_split(w);
}

static void logits_part(void *arg, int i, int n)
{
	job *j = arg;
	worker w = worker_of(j, i, n);
	size_t n_vocab = j->f->m->hp.n_vocab;
	for (size_t from = 0; from < j->n; from += CHUNK_ROWS) {
		span t = { from, j->n - from < CHUNK_ROWS ? j->n : from + CHUNK_ROWS };
		output_rows(&w, t, j->logits + from * n_vocab);
	}
}

/* log p of the target, and whether it is the first of the largest. */
static void score_row(const worker *w, const float *logits, size_t r)
{
	const job *j = w->j;
	size_t n_vocab = w->f->m->hp.n_vocab, target = (size_t)j->targets[r], first = 0;
	float max = w->f->kern.top(logits, n_vocab);
	double sum = (double)w->f->kern.exp_sum(logits, n_vocab, max);
	j->logp[r] = (float)((double)logits[target] - (double)max - log(sum));
	if (!j->top)
		return;
	if (logits[target] == max)
		while (logits[first] != max)
			first++;
	j->top[r] = logits[target] == max && first == target;
}

static void score_part(void *arg, int i, int n)
{
	job *j = arg;
	worker w = worker_of(j, i, n);
	size_t n_vocab = j->f->m->hp.n_vocab;
	for (size_t from = 0; from < j->n; from += CHUNK_ROWS) {
		span t = { from, j->n - from < CHUNK_ROWS ? j->n : from + CHUNK_ROWS };
		output_rows(&w, t, j->f->logits);
		span mine = my(&w, t);
		for (size_t r = mine.from; r < mine.to; r++)
			score_row(&w, j->f->logits + (r - from) * n_vocab, r);
		meet_split(&w);
	}
}

static int output_run(job *j, void (*fn)(void *, int, int))
{
	forward *f = j->f;
	int n = job_plan(j, j->n, f->m->hp.n_vocab * f->m->hp.n_embd);
	j->split = n > 1;
	int rc = spaces_prepare(f, true, CHUNK_ROWS, n);
	if (!rc)
		job_run(j, fn, n);
	return rc;
}

int forward_logits(forward *f, const float *x, size_t n, float *logits)
{
	job j = { .f = f, .from = x, .n = n, .logits = logits };
	return n ? output_run(&j, logits_part) : ENGINE_OK;
}

int forward_score(forward *f, const float *x, size_t n, const int32_t *targets, float *logp, bool *top)
{
	job j = { .f = f, .from = x, .n = n, .targets = targets, .logp = logp, .top = top };
	for (size_t i = 0; i < n; i++)
		if (targets[i] < 0 || (size_t)targets[i] >= f->m->hp.n_vocab)
			return ENGINE_EARG;
	if (n && !f->logits && !(f->logits = alloc_array(CHUNK_ROWS, f->m->hp.n_vocab, sizeof(float))))
		return ENGINE_ENOMEM;
	return n ? output_run(&j, score_part) : ENGINE_OK;
}

/* ---- life ---- */

void forward_observe(forward *f, float *maxima)
{
	f->observe = maxima;
}

const char *forward_kernels(const forward *f)
{
	return f->kern.name;
}

int forward_new(forward **out, model *m, pool *p, unsigned cpu, int precision)
{
	const hparams *hp = &m->hp;
	size_t ctx = hp->n_ctx_train < 4096 ? hp->n_ctx_train : 4096, n = (size_t)pool_size(p);
	forward *f = calloc(1, sizeof(*f));
	(void)precision; /* each linear knows its own */
	if (!f)
		return ENGINE_ENOMEM;
	f->m = m;
	f->pool = p;
	kernels_init(&f->kern, cpu);
	f->q_width = hp->n_head * hp->head_dim;
	f->kv_width = hp->n_head_kv * hp->head_dim;
	f->layer_weights = hp->n_embd * (2 * f->q_width + 2 * f->kv_width + 3 * hp->n_ff);
	f->widest = kernel_cols(hp->n_embd > hp->n_ff ? hp->n_embd : hp->n_ff);
	f->spaces = calloc(n, sizeof(*f->spaces));
	f->row = alloc_array(n, f->widest, sizeof(float));
	if (!f->spaces || !f->row || rope_grow(f, ctx) || scores_grow(f, ctx)) {
		forward_free(f);
		return ENGINE_ENOMEM;
	}
	*out = f;
	return ENGINE_OK;
}

void forward_free(forward *f)
{
	if (!f)
		return;
	for (int i = 0; f->spaces && i < pool_size(f->pool); i++) {
		space *s = &f->spaces[i];
		free(s->in);
		free(s->in_scale);
		free(s->k);
		free(s->v);
		free(s->gate);
		free(s->up);
		free(s->out);
	}
	free(f->spaces);
	free(f->rope);
	free(f->row);
	free(f->scores);
	free(f->q);
	free(f->seq_of);
	free(f->logits);
	free(f);
}

/* ---- kv cache ---- */

int kv_init(kv_cache *kv, const model *m, size_t capacity)
{
	kv_cache n = {
		.n_layer = m->hp.n_layer,
		.capacity = capacity,
		.width = m->hp.n_head_kv * m->hp.head_dim,
	};
	size_t rows;
	if (__builtin_mul_overflow(n.n_layer, capacity, &rows))
		return ENGINE_ENOMEM;
	n.k = alloc_array(rows, n.width, sizeof(uint16_t));
	n.v = alloc_array(rows, n.width, sizeof(uint16_t));
	if (!n.k || !n.v) {
		free(n.k);
		free(n.v);
		return ENGINE_ENOMEM;
	}
	*kv = n;
	return ENGINE_OK;
}

void kv_release(kv_cache *kv)
{
	free(kv->k);
	free(kv->v);
	*kv = (kv_cache){ 0 };
}
