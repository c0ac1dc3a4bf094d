/*
 * model: the tensors of a qwen2, qwen3 or llama model. Every tensor is looked up once, here, and its
 * shape checked, so that the forward pass needs neither names nor checks. The hyperparameters:
 * model_hparams.c.
 */
#include "model_int.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong_shape(model_loader *ld, const gguf_tensor *t, size_t rows, size_t cols)
{
	return FAIL(ld, ENGINE_EFORMAT, "%s: tensor %.*s is %zu x %zu but should be %zu x %zu",
		    ld->path, (int)t->name_len, t->name, t->rows, t->cols, rows, cols);
}

static int not_a_number(model_loader *ld, const gguf_tensor *t)
{
	return FAIL(ld, ENGINE_EFORMAT, "%s: tensor %.*s holds a value that is not a number", ld->path, (int)t->name_len, t->name);
}

/* rows 0: any number of rows. *out is NULL where the tensor is missing and not needed. */
static int find_tensor(model_loader *ld, const char *name, bool needed, size_t rows, size_t cols,
		       const gguf_tensor **out)
{
	const gguf_tensor *t = gguf_find(ld->m->file, name);

	if (!t && needed)
		return FAIL(ld, ENGINE_EFORMAT, "%s: tensor %s is missing", ld->path, name);
	if (t && ((rows && t->rows != rows) || t->cols != cols))
		return wrong_shape(ld, t, rows ? rows : t->rows, cols);
	*out = t;
	return 0;
}

static int load_vector(model_loader *ld, const char *name, bool needed, size_t n, float **out)
{
	const gguf_tensor *t;
	int rc = find_tensor(ld, name, needed, 1, n, &t);

	if (rc || !t)
		return rc;
	*out = alloc_array(n, 1, sizeof(**out));
	if (!*out)
		return FAIL(ld, ENGINE_ENOMEM, "out of memory");
	gguf_row(t, 0, *out);
	return floats_finite(*out, n) ? 0 : not_a_number(ld, t);
}

__attribute__((format(printf, 3, 4))) static const char *tensor_name(char *buf, size_t n,
								     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, n, fmt, ap);
	va_end(ap);
	return buf;
}

/* linear_init() knows no file: its sentences about the tensor get the name here. */
static int make_linear(model_loader *ld, const gguf_tensor *w, const gguf_tensor *bias, linear *out)
{
	char why[256] = "";
	int rc = linear_init(out, w, bias, ld->precision, ld->cpu, ld->pool, why, sizeof(why));

	return rc == ENGINE_EFORMAT ? FAIL(ld, rc, "%s: %s", ld->path, why)
	       : rc		    ? FAIL(ld, rc, "%s", why)
				    : 0;
}

/* blk.I.NAME.weight [rows, cols] and, if there, blk.I.NAME.bias [rows]. */
static int load_linear(model_loader *ld, size_t i, const char *name, size_t rows, size_t cols,
		       linear *out)
{
	const gguf_tensor *w, *bias;
	char buf[64];
	int rc = find_tensor(ld, tensor_name(buf, sizeof(buf), "blk.%zu.%s.weight", i, name), true,
			     rows, cols, &w);

	if (!rc)
		rc = find_tensor(ld, tensor_name(buf, sizeof(buf), "blk.%zu.%s.bias", i, name),
				 false, 1, rows, &bias);
	if (!rc)
		rc = make_linear(ld, w, bias, out);
	if (!rc)
		gguf_forget(ld->m->file, w);
	return rc;
}

/* The edit layer's down-projection stays in fp32. */
static int load_edit_down(model_loader *ld)
{
	model *m = ld->m;
	const hparams *hp = &m->hp;
	const gguf_tensor *w, *bias;
	char buf[64];
	int rc = find_tensor(ld,
			     tensor_name(buf, sizeof(buf), "blk.%d.ffn_down.weight", m->edit_layer),
			     true, hp->n_embd, hp->n_ff, &w);

	if (!rc)
		rc = find_tensor(
			ld, tensor_name(buf, sizeof(buf), "blk.%d.ffn_down.bias", m->edit_layer),
			false, 1, hp->n_embd, &bias);
	if (rc)
		return rc;
	if (bias)
		return FAIL(ld, ENGINE_EFORMAT, "%s: a bias on the edited matrix is not supported",
			    ld->path);
	m->down_base = alloc_array(hp->n_embd, hp->n_ff, sizeof(float));
	if (!m->down_base)
		return FAIL(ld, ENGINE_ENOMEM, "out of memory");
	for (size_t r = 0; r < hp->n_embd; r++)
		gguf_row(w, r, m->down_base + r * hp->n_ff);
	if (!floats_finite(m->down_base, hp->n_embd * hp->n_ff))
		return not_a_number(ld, w);
	gguf_forget(ld->m->file, w);
	linear_release(&m->layers[m->edit_layer].down);
	m->layers[m->edit_layer].down = (linear){ .rows = hp->n_embd, .cols = hp->n_ff };
	return 0;
}

static int load_norms(model_loader *ld, size_t i, layer *l)
{
	const hparams *hp = &ld->m->hp;
	bool qk_norm = !strcmp(hp->arch, "qwen3");
	char buf[64];
	int rc = load_vector(ld, tensor_name(buf, sizeof(buf), "blk.%zu.attn_norm.weight", i), true,
			     hp->n_embd, &l->attn_norm);

	if (!rc)
		rc = load_vector(ld, tensor_name(buf, sizeof(buf), "blk.%zu.ffn_norm.weight", i),
				 true, hp->n_embd, &l->ffn_norm);
	if (!rc)
		rc = load_vector(ld, tensor_name(buf, sizeof(buf), "blk.%zu.attn_q_norm.weight", i),
				 qk_norm, hp->head_dim, &l->q_norm);
	if (!rc)
		rc = load_vector(ld, tensor_name(buf, sizeof(buf), "blk.%zu.attn_k_norm.weight", i),
				 qk_norm, hp->head_dim, &l->k_norm);
	return rc;
}

/* While one layer is converted the next one comes from the disk. */
static void expect_layer(model_loader *ld, size_t i)
{
	static const char *const names[] = { "attn_q", "attn_k", "attn_v", "attn_output",
					     "ffn_gate", "ffn_up", "ffn_down" };
	char buf[64];

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		const gguf_tensor *t = gguf_find(
			ld->m->file, tensor_name(buf, sizeof(buf), "blk.%zu.%s.weight", i, names[k]));

		if (t)
			gguf_expect(ld->m->file, t);
	}
}

static int load_layer(model_loader *ld, size_t i)
{
	const hparams *hp = &ld->m->hp;
	layer *l = &ld->m->layers[i];
	size_t d = hp->n_embd, q = hp->n_head * hp->head_dim, kv = hp->n_head_kv * hp->head_dim;
	int rc = load_norms(ld, i, l);

	if (!rc)
		rc = load_linear(ld, i, "attn_q", q, d, &l->q);
	if (!rc)
		rc = load_linear(ld, i, "attn_k", kv, d, &l->k);
	if (!rc)
		rc = load_linear(ld, i, "attn_v", kv, d, &l->v);
	if (!rc)
		rc = load_linear(ld, i, "attn_output", d, q, &l->o);
	if (!rc)
		rc = load_linear(ld, i, "ffn_gate", hp->n_ff, d, &l->gate);
	if (!rc)
		rc = load_linear(ld, i, "ffn_up", hp->n_ff, d, &l->up);
	if (!rc)
		rc = (int)i == ld->m->edit_layer
			     ? load_edit_down(ld)
			     : load_linear(ld, i, "ffn_down", d, hp->n_ff, &l->down);
	return rc;
}

static int load_rope_factors(model_loader *ld)
{
	model *m = ld->m;
	size_t half = m->hp.head_dim / 2;
	int rc = load_vector(ld, "rope_freqs.weight", false, half, &m->rope_factors);

	for (size_t i = 0; !rc && m->rope_factors && i < half; i++)
		if (!(m->rope_factors[i] > 0) || isinf(m->rope_factors[i]))
			rc = FAIL(ld, ENGINE_EFORMAT, "%s: rope_freqs.weight holds an impossible factor", ld->path);
	if (rc || m->hp.rope_scale == 1)
		return rc;
	if (!m->rope_factors) {
		m->rope_factors = alloc_array(half, 1, sizeof(*m->rope_factors));
		if (!m->rope_factors)
			return FAIL(ld, ENGINE_ENOMEM, "out of memory");
		for (size_t i = 0; i < half; i++)
			m->rope_factors[i] = 1;
	}
	for (size_t i = 0; i < half; i++)
		m->rope_factors[i] *= m->hp.rope_scale;
	return 0;
}

static int load_tensors(model_loader *ld)
{
	model *m = ld->m;
	hparams *hp = &m->hp;
	const gguf_tensor *out = NULL;
	int rc = find_tensor(ld, "token_embd.weight", true, 0, hp->n_embd, &m->embd);

	if (rc)
		return rc;
	hp->n_vocab = m->embd->rows;
	m->layers = alloc_array(hp->n_layer, 1, sizeof(*m->layers));
	if (!m->layers)
		return FAIL(ld, ENGINE_ENOMEM, "out of memory");
	if (hp->n_vocab > INT32_MAX)
		return FAIL(ld, ENGINE_EFORMAT, "%s: impossible vocabulary of %zu tokens", ld->path,
			    hp->n_vocab);
	rc = load_vector(ld, "output_norm.weight", true, hp->n_embd, &m->output_norm);
	if (!rc)
		rc = load_rope_factors(ld);
	if (!rc)
		rc = find_tensor(ld, "output.weight", false, hp->n_vocab, hp->n_embd, &out);
	hp->tied_output = !out;
	gguf_expect(m->file, out ? out : m->embd);
	expect_layer(ld, 0);
	if (!rc)
		rc = make_linear(ld, out ? out : m->embd, NULL, &m->output);
	if (!rc)
		gguf_forget(m->file, out ? out : m->embd);
	for (size_t i = 0; !rc && i < hp->n_layer; i++) {
		expect_layer(ld, i + 1);
		rc = load_layer(ld, i);
		if (!rc && ld->told && ld->told->loading)
			ld->told->loading(i + 1, hp->n_layer, ld->told->loading_arg);
		if (!rc && ld->told && ld->told->stop && ld->told->stop(ld->told->stop_arg))
			rc = FAIL(ld, ENGINE_ESTOP, "stopped");
	}
	for (size_t i = 0; i < gguf_tensor_count(m->file); i++)
		m->n_params += gguf_tensor_at(m->file, i)->rows * gguf_tensor_at(m->file, i)->cols;
	return rc;
}

/* The layer to edit: asked for, or the file's own, or about a sixth of the way up (early layers
 * store what a name is about: ROME section 2; 5 of 28 in MobiEdit), with at least one layer above
 * it where there is one. */
static int choose_edit_layer(model_loader *ld, int asked)
{
	model *m = ld->m;
	int n = (int)m->hp.n_layer, l = asked >= 0 ? asked : m->hp.edit_layer;

	if (asked >= n)
		return FAIL(ld, ENGINE_EARG, "%s: there is no layer %d to edit: the model has %d",
			    ld->path, asked, n);
	if (l < 0)
		l = (n + 3) / 6;
	if (asked < 0 && m->hp.edit_layer < 0 && l > n - 2)
		l = n > 1 ? n - 2 : 0;
	m->edit_layer = l;
	return 0;
}

int model_open(model **out, const char *path, const engine_options *o, unsigned cpu, pool *p, char *err, size_t errlen)
{
	model *m = calloc(1, sizeof(*m));
	model_loader ld = { m, path, o->precision, cpu, p, err, errlen, o };

	if (!m)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	int rc = gguf_open(&m->file, path, err, errlen);

	if (!rc)
		rc = model_hparams_read(&ld);
	if (!rc)
		rc = choose_edit_layer(&ld, o->edit_layer);
	if (!rc)
		rc = load_tensors(&ld);
	if (rc) {
		model_close(m);
		return rc;
	}
	*out = m;
	return 0;
}

int model_edit_at(model *m, int index, int precision, unsigned cpu, pool *p, const char *path, char *err, size_t errlen)
{
	model_loader ld = { m, path, precision, cpu, p, err, errlen, NULL };
	const hparams *hp = &m->hp;
	int old = m->edit_layer;
	float *base = m->down_base;
	linear down;
	int rc = index == old ? 0 : load_linear(&ld, (size_t)old, "ffn_down", hp->n_embd, hp->n_ff, &down);

	if (rc || index == old)
		return rc;
	m->edit_layer = index;
	rc = load_edit_down(&ld);
	if (rc) {
		linear_release(&down);
		if (m->down_base != base)
			free(m->down_base);
		m->down_base = base;
		m->edit_layer = old;
		return rc;
	}
	free(base);
	m->layers[old].down = down;
	return 0;
}

int model_sizes(hparams *out, int *edit_layer, const char *path, char *err, size_t errlen)
{
	model m = { 0 };
	model_loader ld = { .m = &m, .path = path, .err = err, .errlen = errlen };
	int rc = gguf_open(&m.file, path, err, errlen);

	if (!rc)
		rc = model_hparams_read(&ld);
	if (!rc)
		rc = find_tensor(&ld, "token_embd.weight", true, 0, m.hp.n_embd, &m.embd);
	if (!rc)
		rc = choose_edit_layer(&ld, -1);
	if (!rc) {
		m.hp.n_vocab = m.embd->rows;
		*out = m.hp;
		*edit_layer = m.edit_layer;
	}
	gguf_close(m.file);
	return rc;
}

static void layer_release(layer *l)
{
	linear *all[] = { &l->q, &l->k, &l->v, &l->o, &l->gate, &l->up, &l->down };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		linear_release(all[i]);
	free(l->attn_norm);
	free(l->ffn_norm);
	free(l->q_norm);
	free(l->k_norm);
}

void low_rank_release(low_rank *c)
{
	free(c->a);
	free(c->b);
	*c = (low_rank){ 0 };
}

void model_close(model *m)
{
	if (!m)
		return;
	for (size_t i = 0; m->layers && i < m->hp.n_layer; i++)
		layer_release(&m->layers[i]);
	free(m->layers);
	linear_release(&m->output);
	free(m->rope_factors);
	free(m->output_norm);
	free(m->down_base);
	free(m->down_edited);
	free(m->down_trial);
	low_rank_release(&m->change_edited);
	low_rank_release(&m->change_trial);
	for (size_t i = 0; m->down_overlay && i < m->hp.n_layer; i++)
		free(m->down_overlay[i]);
	free(m->down_overlay);
	gguf_close(m->file);
	free(m);
}
