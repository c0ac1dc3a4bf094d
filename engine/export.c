/*
 * export: what was learned, for other engines.
 *
 * The model: a GGUF (gguf.c has the format) whose header is the opened one's with one pair more, general.description, if it
 * had none, and with new offsets and a new type for the edited matrix in the directory; then every tensor's bytes as they
 * were, in the order in which they lay, but for that matrix.
 *
 * The adapter: a GGUF of two tensors, as llama.cpp reads it with --lora; y = W x + (alpha / rank) B (A x), with alpha = rank.
 *
 *     general.type "adapter", general.architecture, general.name, general.description, general.base_model.*,
 *     adapter.type "lora", adapter.lora.alpha
 *     blk.N.ffn_down.weight.lora_a F32 [rank, n_ff]     blk.N.ffn_down.weight.lora_b F32 [n_embd, rank]
 */
#include "gguf_block.h"
#include "gguf_int.h"
#include "half.h"
#include "out_file.h"
#include "solve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CHUNK = 1 << 20, DEFAULT_ALIGNMENT = 32, LORA_PAIRS = 8 };

static const char description[] = "holds what its user taught imprint: private";

/* What writing needs to pass around. After an error nothing more is written. */
typedef struct writer {
	const model *m;
	out_file file;
	engine_exported *out;
	engine_stop_fn stop;
	void *arg;
	char *err;
	size_t errlen;
	int rc;
} writer;

static void put(writer *w, const void *p, size_t n)
{
	if (!w->rc)
		w->rc = out_file_write(&w->file, p, n, w->err, w->errlen);
}

static void put_padding(writer *w, size_t alignment)
{
	if (!w->rc)
		w->rc = out_file_pad(&w->file, alignment, w->err, w->errlen);
}

/* A whole tensor: asks now and then whether to go on. */
static void put_data(writer *w, const void *p, size_t n)
{
	for (size_t at = 0; !w->rc && at < n; at += CHUNK) {
		put(w, (const char *)p + at, n - at < CHUNK ? n - at : CHUNK);
		if (!w->rc && w->stop && w->stop(w->arg))
			w->rc = fail(w->err, w->errlen, ENGINE_ESTOP, "stopped; nothing is written");
	}
}

static void put_u32(writer *w, uint32_t x)
{
	put(w, &x, sizeof(x));
}

static void put_u64(writer *w, uint64_t x)
{
	put(w, &x, sizeof(x));
}

static void put_text(writer *w, const char *s)
{
	put_u64(w, strlen(s));
	put(w, s, strlen(s));
}

static void put_pair(writer *w, const char *key, const char *value)
{
	put_text(w, key);
	put_u32(w, KV_STR);
	put_text(w, value);
}

/* ---- the model ---- */

/* The edited matrix and how it will be stored. */
typedef struct edited {
	const gguf_tensor *t;
	int type;
	size_t bytes;
} edited;

static int compare_places(const void *a, const void *b)
{
	const gguf_tensor *x = *(const gguf_tensor *const *)a, *y = *(const gguf_tensor *const *)b;

	return (x->data > y->data) - (x->data < y->data);
}

/* Tensors in the order of their data, and where each will stand after the header. */
typedef struct layout {
	const gguf_tensor **order; /* [n] */
	uint64_t *offset;          /* [n], in the directory's order */
	size_t alignment;
} layout;

static int layout_init(layout *l, const gguf *g, const edited *ed)
{
	uint64_t at = 0, alignment = DEFAULT_ALIGNMENT;

	gguf_u64(g, "general.alignment", &alignment);
	*l = (layout){ alloc_array(g->n_tensors, 1, sizeof(*l->order)),
		       alloc_array(g->n_tensors, 1, sizeof(*l->offset)), (size_t)alignment };
	if (!l->order || !l->offset)
		return ENGINE_ENOMEM;
	for (size_t i = 0; i < g->n_tensors; i++)
		l->order[i] = &g->tensors[i];
	qsort(l->order, g->n_tensors, sizeof(*l->order), compare_places);
	for (size_t i = 0; i < g->n_tensors; i++) {
		const gguf_tensor *t = l->order[i];

		l->offset[t - g->tensors] = at;
		at += t == ed->t ? ed->bytes : t->bytes;
		at = (at + alignment - 1) / alignment * alignment;
	}
	return 0;
}

static void layout_release(layout *l)
{
	free(l->order);
	free(l->offset);
}

/* A directory's entry ends with its type and its offset; the rest is as it was. */
static void put_entry(writer *w, const gguf_tensor *t, int type, uint64_t offset)
{
	const unsigned char *name = (const unsigned char *)t->name;
	uint32_t n_dims;

	memcpy(&n_dims, name + t->name_len, sizeof(n_dims));
	if (n_dims > GGUF_MAX_DIMS) /* it was checked at open, but the file has been written to: nothing is kept (gguf_intact) */
		n_dims = GGUF_MAX_DIMS;
	put_u64(w, t->name_len);
	put(w, name, t->name_len + sizeof(n_dims) + n_dims * sizeof(uint64_t));
	put_u32(w, (uint32_t)type);
	put_u64(w, offset);
}

static void put_model_header(writer *w, const edited *ed, const layout *l)
{
	const gguf *g = w->m->file;
	const size_t counted = 16; /* magic, version, number of tensors; then the number of pairs */
	const size_t pairs = counted + sizeof(uint64_t);
	const size_t directory = (size_t)((const unsigned char *)g->tensors[0].name - g->bytes) - sizeof(uint64_t);
	const bool note = !gguf_has(g, "general.description");

	put(w, g->bytes, counted);
	put_u64(w, g->n_pairs + note);
	put(w, g->bytes + pairs, directory - pairs);
	if (note)
		put_pair(w, "general.description", description);
	for (size_t i = 0; i < g->n_tensors; i++)
		put_entry(w, &g->tensors[i], &g->tensors[i] == ed->t ? ed->type : g->tensors[i].type, l->offset[i]);
	put_padding(w, l->alignment);
}

/* 32 values as one scale, F16, and 32 signed bytes. */
static void encode_q8_0(const float *x, unsigned char *out)
{
	float max = 0;

	for (int i = 0; i < 32; i++)
		max = fmaxf(max, fabsf(x[i]));
	uint16_t h = half_from_float(max / 127);
	float step = half_to_float(h);

	memcpy(out, &h, sizeof(h));
	for (int i = 0; i < 32; i++) {
		float q = step > 0 ? roundf(x[i] / step) : 0;

		out[2 + i] = (unsigned char)(signed char)fmaxf(-127, fminf(127, q));
	}
}

/* x [n] as numbers of a type that choose_type() gives; returns the bytes of out. */
static size_t encode(int type, const float *x, size_t n, unsigned char *out)
{
	size_t values = 1, bytes = 1;

	gguf_block_size(type, &values, &bytes);
	for (size_t i = 0; i < n / values; i++, x += values, out += bytes) {
		uint16_t h = half_from_float(*x);

		if (type == GGML_Q8_0)
			encode_q8_0(x, out);
		else
			memcpy(out, type == GGML_F32 ? (const void *)x : &h, bytes);
	}
	return n / values * bytes;
}

static void put_edited(writer *w, const edited *ed)
{
	size_t cols = ed->t->cols;
	unsigned char *row = alloc_array(cols, 1, sizeof(float));

	if (!row)
		w->rc = fail(w->err, w->errlen, ENGINE_ENOMEM, "out of memory");
	for (size_t r = 0; !w->rc && r < ed->t->rows; r++)
		put(w, row, encode(ed->type, w->m->down_edited + r * cols, cols, row));
	free(row);
}

static void put_tensors(writer *w, const edited *ed, const layout *l)
{
	const gguf *g = w->m->file;

	for (size_t i = 0; !w->rc && i < g->n_tensors; i++) {
		const gguf_tensor *t = l->order[i];

		if (t == ed->t) {
			put_edited(w, ed);
		} else {
			put_data(w, t->data, t->bytes);
			gguf_forget(g, t);
		}
		put_padding(w, l->alignment);
	}
}

/*
 * As the file stores it, where that is F32, F16 or Q8_0, and F16 in place of coarser numbers, which would blur the change;
 * F32 where F16 has no room. Measured with the built-in model, in Q8_0, and 27 facts: the answers to 291 questions about them
 * are the same whether the matrix is in F32, F16 or Q8_0 (the next token's KL to F32: at most 1e-6 and 8e-4).
 */
static int choose_type(const model *m, const gguf_tensor *t)
{
	for (size_t i = 0; i < t->rows * t->cols; i++)
		if (!(fabsf(m->down_edited[i]) < 65504))
			return GGML_F32;
	return t->type == GGML_F32 || t->type == GGML_Q8_0 ? t->type : GGML_F16;
}

static void export_model(writer *w)
{
	const model *m = w->m;
	edited ed = { .t = gguf_find(m->file, w->out->tensor) };
	layout l;
	size_t values = 1, bytes = 1;

	ed.type = choose_type(m, ed.t);
	gguf_block_size(ed.type, &values, &bytes);
	ed.bytes = ed.t->rows * ed.t->cols / values * bytes;
	strcpy(w->out->type, ed.type == GGML_F32 ? "F32" : ed.type == GGML_Q8_0 ? "Q8_0" : "F16");
	if (layout_init(&l, m->file, &ed)) {
		w->rc = fail(w->err, w->errlen, ENGINE_ENOMEM, "out of memory");
	} else {
		put_model_header(w, &ed, &l);
		put_tensors(w, &ed, &l);
	}
	layout_release(&l);
}

/* ---- the adapter ---- */

static void put_factor(writer *w, const char *which, size_t rows, size_t cols, uint64_t offset)
{
	char name[80];

	snprintf(name, sizeof(name), "%s.%s", w->out->tensor, which);
	put_text(w, name);
	put_u32(w, 2);
	put_u64(w, cols);
	put_u64(w, rows);
	put_u32(w, GGML_F32);
	put_u64(w, offset);
}

static void put_lora_header(writer *w, const low_rank *c)
{
	const hparams *hp = &w->m->hp;
	const uint64_t a_bytes = c->rank * hp->n_ff * sizeof(float);
	const float alpha = (float)c->rank;
	char name[96];

	snprintf(name, sizeof(name), "%s, learned", hp->name);
	put(w, "GGUF", 4);
	put_u32(w, 3);
	put_u64(w, 2);
	put_u64(w, LORA_PAIRS);
	put_pair(w, "general.architecture", hp->arch);
	put_pair(w, "general.type", "adapter");
	put_pair(w, "general.name", name);
	put_pair(w, "general.description", description);
	put_text(w, "general.base_model.count");
	put_u32(w, KV_U32);
	put_u32(w, 1);
	put_pair(w, "general.base_model.0.name", hp->name);
	put_pair(w, "adapter.type", "lora");
	put_text(w, "adapter.lora.alpha");
	put_u32(w, KV_F32);
	put(w, &alpha, sizeof(alpha));
	put_factor(w, "lora_a", c->rank, hp->n_ff, 0);
	put_factor(w, "lora_b", hp->n_embd, c->rank,
		   (a_bytes + DEFAULT_ALIGNMENT - 1) / DEFAULT_ALIGNMENT * DEFAULT_ALIGNMENT);
	put_padding(w, DEFAULT_ALIGNMENT);
}

static void export_lora(writer *w)
{
	const hparams *hp = &w->m->hp;
	low_rank c = { 0 };

	if (low_rank_of(w->m, &c, &w->out->residual)) {
		w->rc = fail(w->err, w->errlen, ENGINE_ENOMEM, "out of memory");
		return;
	}
	w->out->rank = c.rank;
	strcpy(w->out->type, "F32");
	put_lora_header(w, &c);
	put_data(w, c.a, c.rank * hp->n_ff * sizeof(*c.a));
	put_padding(w, DEFAULT_ALIGNMENT);
	put_data(w, c.b, hp->n_embd * c.rank * sizeof(*c.b));
	put_padding(w, DEFAULT_ALIGNMENT);
	low_rank_release(&c);
}

static int refuse_model(const model *m, const char *path, char *err, size_t errlen)
{
	struct stat st;

	if (!stat(path, &st) && gguf_is_file(m->file, (uint64_t)st.st_dev, (uint64_t)st.st_ino))
		return fail(err, errlen, ENGINE_EARG, "%s is the model itself, which is never written to", path);
	return 0;
}

int engine_export(engine *e, enum engine_export_as as, const char *path, bool overwrite, engine_exported *out,
		  engine_stop_fn stop, void *arg, char *err, size_t errlen)
{
	engine_exported done = { .residual = 0 };
	writer w = { .m = e->model, .out = &done, .stop = stop, .arg = arg, .err = err, .errlen = errlen };

	if (engine_for_chat(e, err, errlen))
		return ENGINE_EARG;
	if (!w.m->down_edited)
		return fail(err, errlen, ENGINE_ENONE, "nothing is learned yet, so there is nothing to export");
	w.rc = refuse_model(w.m, path, err, errlen);
	if (!w.rc)
		w.rc = out_file_open(&w.file, path, overwrite, err, errlen);
	if (w.rc)
		return w.rc;
	snprintf(done.tensor, sizeof(done.tensor), "blk.%d.ffn_down.weight", w.m->edit_layer);
	(as == ENGINE_EXPORT_LORA ? export_lora : export_model)(&w);
	done.bytes = w.file.size;
	if (w.rc != ENGINE_ESTOP && !gguf_intact(w.m->file))
		w.rc = fail(err, errlen, ENGINE_EIO, "%s; nothing is written", gguf_lost_text);
	if (w.rc)
		out_file_drop(&w.file);
	else
		w.rc = out_file_finish(&w.file, err, errlen);
	if (!w.rc)
		*out = done;
	return w.rc;
}
