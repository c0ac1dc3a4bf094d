/*
 * forward: rows of tokens through layers. Work is shared in one of two ways.
 *   chunks  many rows, weights that stay in cache: each thread takes some rows through a whole
 *           half-layer
 *   split   few rows or large weights: all threads work on the same rows, each on its own outputs,
 *           and meet after
 *           every step
 * Both run the same steps, and every row's arithmetic is the same in both.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forward_int.h"

enum {
	CHUNK_MIN = 12,        /* fewer rows a thread than this: split */
	SPLIT_ROWS = 256,      /* rows between meetings */
	SERIAL_WORK = 2000000, /* products a layer that one thread does faster than two can meet */
	CHUNK_WEIGHTS =
		4 << 20, /* weights of a layer beyond which they are read once for all rows */
};

worker forward_worker(job *j, int i, int n)
{
	forward *f = j->f;
	size_t group = f->m->hp.n_head / f->m->hp.n_head_kv;
	return (worker){
		.j = j,
		.f = f,
		.i = i,
		.n = n,
		.s = &f->spaces[j->split ? 0 : i],
		.row = f->row + (size_t)i * f->widest,
		.scores = f->scores + (size_t)i * group * f->score_cols,
	};
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
		forward_layer_in(w, index, t);
	worker_meet(w);
	if (w->i == 0)
		atomic_store(&j->next_in, 0);
	while (next_chunk(w, &j->next_out, &t))
		forward_layer_out(w, index, t);
}

/* Rows of a sequence come in order, so that the rows they see are in the cache already. */
static void layer_split(worker *w, size_t index)
{
	size_t n = w->j->a->n_rows;
	for (size_t from = 0; from < n; from += SPLIT_ROWS) {
		span t = { from, n - from < SPLIT_ROWS ? n : from + SPLIT_ROWS };
		w->origin = from;
		forward_layer_in(w, index, t);
		forward_layer_out(w, index, t);
	}
}

static void layers_part(void *arg, int i, int n)
{
	job *j = arg;
	worker w = forward_worker(j, i, n);
	for (size_t l = j->a->layer0; l < j->a->layer1; l++) {
		if (i == 0 && j->a->stop && j->a->stop(j->a->arg))
			atomic_store(&j->stopped, true);
		worker_meet(&w);
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

int forward_spaces(forward *f, bool split, size_t rows, int n)
{
	int rc = ENGINE_OK;
	for (int i = 0; !rc && i < (split ? 1 : n); i++)
		rc = space_grow(f, &f->spaces[i], rows);
	return rc;
}

int forward_plan(job *j, size_t rows, size_t weights)
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

void forward_run(job *j, void (*fn)(void *, int, int), int n)
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
	int n = forward_plan(&j, a->n_rows, f->layer_weights), rc = batch_prepare(f, a);
	if (!rc)
		rc = forward_spaces(f, j.split, j.split ? SPLIT_ROWS : CHUNK_ROWS, n);
	if (rc)
		return rc;
	forward_run(&j, layers_part, n);
	if (atomic_load(&j.stopped))
		return ENGINE_ESTOP;
	f->layer_rows += a->n_rows * (a->layer1 - a->layer0);
	return ENGINE_OK;
}

int forward_embed(forward *f, const int32_t *tokens, size_t n, float *x)
{
	for (size_t i = 0; i < n; i++) {
		if (tokens[i] < 0 || (size_t)tokens[i] >= f->m->hp.n_vocab)
			return ENGINE_EARG;
		gguf_row(f->m->embd, (size_t)tokens[i], x + i * f->m->hp.n_embd);
	}
	return gguf_intact(f->m->file) ? ENGINE_OK : ENGINE_EIO;
}

/* ---- life ---- */

void forward_observe(forward *f, float *maxima) { f->observe = maxima; }

const char *forward_kernels(const forward *f) { return f->kern.name; }

void forward_work(const forward *f, size_t *layer_rows, size_t *output_rows)
{
	*layer_rows = f->layer_rows;
	*output_rows = f->output_rows;
}

int forward_new(forward **out, model *m, pool *p, unsigned cpu)
{
	const hparams *hp = &m->hp;
	size_t ctx = hp->n_ctx_train < 4096 ? hp->n_ctx_train : 4096, n = (size_t)pool_size(p);
	forward *f = calloc(1, sizeof(*f));
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

int forward_reserve(forward *f, size_t positions)
{
	int rc = rope_grow(f, positions);
	return rc ? rc : scores_grow(f, positions);
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
	n.k = pages_new(rows, n.width * sizeof(uint16_t), &n.bytes);
	n.v = pages_new(rows, n.width * sizeof(uint16_t), &n.bytes);
	if (!n.k || !n.v) {
		kv_release(&n);
		return ENGINE_ENOMEM;
	}
	*kv = n;
	return ENGINE_OK;
}

void kv_release(kv_cache *kv)
{
	pages_free(kv->k, kv->bytes);
	pages_free(kv->v, kv->bytes);
	*kv = (kv_cache){ 0 };
}
