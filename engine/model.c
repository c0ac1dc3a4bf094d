/*
 * model: the hyperparameters and the tensors of a qwen2, qwen3 or llama model. Every tensor is
 * looked up once, here, and its shape checked, so that the forward pass needs neither names nor
 * checks.
 */
#include "engine_int.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LAYERS = 1024, MAX_HEAD_DIM = 1024, MAX_DIM = 1 << 24 };

/* What loading needs to pass around. */
typedef struct loader {
	model *m;
	const char *path;
	int precision;
	unsigned cpu;
	pool *pool;
	char *err;
	size_t errlen;
	const engine_options *told; /* how it goes, or NULL */
} loader;

#define FAIL(ld, code, ...) fail((ld)->err, (ld)->errlen, code, __VA_ARGS__)

/* ---- hyperparameters ---- */

static int need_size(loader *ld, const char *key, size_t max, size_t *out)
{
	char name[96];
	uint64_t x;

	snprintf(name, sizeof(name), "%s.%s", ld->m->hp.arch, key);
	if (!gguf_u64(ld->m->file, name, &x))
		return FAIL(ld, ENGINE_EFORMAT, "%s: the metadata has no %s", ld->path, name);
	if (!x || x > max)
		return FAIL(ld, ENGINE_EFORMAT, "%s: %s is %llu, which is impossible", ld->path,
			    name, (unsigned long long)x);
	*out = (size_t)x;
	return 0;
}

/* Leaves *out alone where the key is missing. */
static int may_size(loader *ld, const char *key, size_t max, size_t *out)
{
	char name[96];
	uint64_t x;

	snprintf(name, sizeof(name), "%s.%s", ld->m->hp.arch, key);
	return gguf_u64(ld->m->file, name, &x) ? need_size(ld, key, max, out) : 0;
}

static int may_float(loader *ld, const char *key, double min, double max, float *out)
{
	char name[96];
	double x;

	snprintf(name, sizeof(name), "%s.%s", ld->m->hp.arch, key);
	if (!gguf_f64(ld->m->file, name, &x))
		return 0;
	if (!(x >= min && x <= max))
		return FAIL(ld, ENGINE_EFORMAT, "%s: %s is %g, which is impossible", ld->path, name,
			    x);
	*out = (float)x;
	return 0;
}

static int read_arch(loader *ld)
{
	hparams *hp = &ld->m->hp;
	const char *s;
	size_t len;

	if (!gguf_str(ld->m->file, "general.architecture", &s, &len))
		return FAIL(ld, ENGINE_EFORMAT, "%s: the metadata names no architecture", ld->path);
	if (len >= sizeof(hp->arch))
		len = sizeof(hp->arch) - 1;
	memcpy(hp->arch, s, len);
	hp->arch[len] = '\0';
	if (strcmp(hp->arch, "qwen2") && strcmp(hp->arch, "qwen3") && strcmp(hp->arch, "llama"))
		return FAIL(ld, ENGINE_EFORMAT,
			    "%s: architecture \"%s\" is not supported (qwen2, qwen3 and llama are)",
			    ld->path, hp->arch);
	hp->rope_neox = strcmp(hp->arch, "llama") != 0;
	return 0;
}

/* general.name, or the file's name; control characters masked, cut between characters. */
static void read_name(loader *ld)
{
	hparams *hp = &ld->m->hp;
	const char *s, *slash = strrchr(ld->path, '/');
	size_t len;

	if (!gguf_str(ld->m->file, "general.name", &s, &len) || !len) {
		s = slash ? slash + 1 : ld->path;
		len = strlen(s);
	}
	fail(hp->name, sizeof(hp->name), 0, "%.*s",
	     len < sizeof(hp->name) ? (int)len : (int)sizeof(hp->name), s);
}

/* Features of these architectures that would change the numbers and are not built in. */
static int refuse_unsupported(loader *ld)
{
	static const char *const unknown[] = { "linear", "yarn", "longrope" };
	hparams *hp = &ld->m->hp;
	char key[96];
	const char *s;
	size_t len, experts = 0, rope_dim = hp->head_dim;
	int rc = may_size(ld, "rope.dimension_count", MAX_HEAD_DIM, &rope_dim);

	if (rc)
		return rc;
	if (rope_dim != hp->head_dim)
		return FAIL(ld, ENGINE_EFORMAT,
			    "%s: rotary embedding of %zu of %zu dimensions is not supported",
			    ld->path, rope_dim, hp->head_dim);
	snprintf(key, sizeof(key), "%s.expert_count", hp->arch);
	uint64_t n;

	if (gguf_u64(ld->m->file, key, &n))
		experts = (size_t)n;
	if (experts)
		return FAIL(ld, ENGINE_EFORMAT, "%s: mixtures of experts are not supported",
			    ld->path);
	snprintf(key, sizeof(key), "%s.rope.scaling.type", hp->arch);
	if (gguf_str(ld->m->file, key, &s, &len))
		for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
			if (len == strlen(unknown[i]) && !memcmp(s, unknown[i], len))
				return FAIL(ld, ENGINE_EFORMAT,
					    "%s: rope scaling \"%s\" is not supported", ld->path,
					    unknown[i]);
	return 0;
}

static int read_heads(loader *ld)
{
	hparams *hp = &ld->m->hp;
	size_t value_dim;
	int rc = need_size(ld, "attention.head_count", MAX_DIM, &hp->n_head);

	if (rc)
		return rc;
	hp->n_head_kv = hp->n_head;
	hp->head_dim = hp->n_embd / hp->n_head;
	rc = may_size(ld, "attention.head_count_kv", MAX_DIM, &hp->n_head_kv);
	if (!rc)
		rc = may_size(ld, "attention.key_length", MAX_HEAD_DIM, &hp->head_dim);
	value_dim = hp->head_dim;
	if (!rc)
		rc = may_size(ld, "attention.value_length", MAX_HEAD_DIM, &value_dim);
	if (rc)
		return rc;
	if (value_dim != hp->head_dim || !hp->head_dim || hp->head_dim % 2 ||
	    hp->head_dim > MAX_HEAD_DIM || hp->n_head % hp->n_head_kv)
		return FAIL(ld, ENGINE_EFORMAT,
			    "%s: %zu heads, %zu of keys, of size %zu and %zu: not supported",
			    ld->path, hp->n_head, hp->n_head_kv, hp->head_dim, value_dim);
	return 0;
}

static int read_hparams(loader *ld)
{
	hparams *hp = &ld->m->hp;
	uint64_t index;
	int rc = read_arch(ld);

	hp->norm_eps = 1e-5f;
	hp->rope_theta = 10000;
	hp->edit_layer = -1;
	if (!rc)
		rc = need_size(ld, "block_count", MAX_LAYERS, &hp->n_layer);
	if (!rc)
		rc = need_size(ld, "embedding_length", MAX_DIM, &hp->n_embd);
	if (!rc)
		rc = need_size(ld, "feed_forward_length", MAX_DIM, &hp->n_ff);
	if (!rc)
		rc = need_size(ld, "context_length", MAX_DIM, &hp->n_ctx_train);
	if (!rc)
		rc = read_heads(ld);
	if (!rc)
		rc = may_float(ld, "attention.layer_norm_rms_epsilon", 0, 1, &hp->norm_eps);
	if (!rc)
		rc = may_float(ld, "rope.freq_base", 1, 1e12, &hp->rope_theta);
	if (!rc)
		rc = refuse_unsupported(ld);
	if (!rc)
		rc = model_need_check(hp, gguf_size(ld->m->file), ld->path, ld->err, ld->errlen);
	if (rc)
		return rc;
	if (gguf_u64(ld->m->file, "imprint.edit_layer", &index)) {
		if (index >= hp->n_layer)
			return FAIL(ld, ENGINE_EFORMAT,
				    "%s: imprint.edit_layer is %llu of %zu layers", ld->path,
				    (unsigned long long)index, hp->n_layer);
		hp->edit_layer = (int)index;
	}
	read_name(ld);
	return 0;
}

/* ---- tensors ---- */

static int wrong_shape(loader *ld, const gguf_tensor *t, size_t rows, size_t cols)
{
	return FAIL(ld, ENGINE_EFORMAT, "%s: tensor %.*s is %zu x %zu but should be %zu x %zu",
		    ld->path, (int)t->name_len, t->name, t->rows, t->cols, rows, cols);
}

/* rows 0: any number of rows. *out is NULL where the tensor is missing and not needed. */
static int find_tensor(loader *ld, const char *name, bool needed, size_t rows, size_t cols,
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

static int load_vector(loader *ld, const char *name, bool needed, size_t n, float **out)
{
	const gguf_tensor *t;
	int rc = find_tensor(ld, name, needed, 1, n, &t);

	if (rc || !t)
		return rc;
	*out = alloc_array(n, 1, sizeof(**out));
	if (!*out)
		return FAIL(ld, ENGINE_ENOMEM, "out of memory");
	gguf_row(t, 0, *out);
	return 0;
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
static int make_linear(loader *ld, const gguf_tensor *w, const gguf_tensor *bias, linear *out)
{
	char why[256] = "";
	int rc = linear_init(out, w, bias, ld->precision, ld->cpu, ld->pool, why, sizeof(why));

	return rc == ENGINE_EFORMAT ? FAIL(ld, rc, "%s: %s", ld->path, why)
	       : rc		    ? FAIL(ld, rc, "%s", why)
				    : 0;
}

/* blk.I.NAME.weight [rows, cols] and, if there, blk.I.NAME.bias [rows]. */
static int load_linear(loader *ld, size_t i, const char *name, size_t rows, size_t cols,
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
static int load_edit_down(loader *ld)
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
	gguf_forget(ld->m->file, w);
	linear_release(&m->layers[m->edit_layer].down);
	m->layers[m->edit_layer].down = (linear){ .rows = hp->n_embd, .cols = hp->n_ff };
	return 0;
}

static int load_norms(loader *ld, size_t i, layer *l)
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
static void expect_layer(loader *ld, size_t i)
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

static int load_layer(loader *ld, size_t i)
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

static int load_rope_factors(loader *ld)
{
	model *m = ld->m;
	int rc = load_vector(ld, "rope_freqs.weight", false, m->hp.head_dim / 2, &m->rope_factors);

	if (rc || !m->rope_factors)
		return rc;
	for (size_t i = 0; i < m->hp.head_dim / 2; i++)
		if (!(m->rope_factors[i] > 0) || isinf(m->rope_factors[i]))
			return FAIL(ld, ENGINE_EFORMAT,
				    "%s: rope_freqs.weight holds an impossible factor", ld->path);
	return 0;
}

static int load_tensors(loader *ld)
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
	}
	for (size_t i = 0; i < gguf_tensor_count(m->file); i++)
		m->n_params += gguf_tensor_at(m->file, i)->rows * gguf_tensor_at(m->file, i)->cols;
	return rc;
}

/* The layer to edit: asked for, or the file's own, or about a sixth of the way up (early layers
 * store what a name is about: ROME section 2; 5 of 28 in MobiEdit), with at least one layer above
 * it where there is one. */
static int choose_edit_layer(loader *ld, int asked)
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
	loader ld = { m, path, o->precision, cpu, p, err, errlen, o };

	if (!m)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	int rc = gguf_open(&m->file, path, err, errlen);

	if (!rc)
		rc = read_hparams(&ld);
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
	loader ld = { m, path, precision, cpu, p, err, errlen, NULL };
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
	loader ld = { .m = &m, .path = path, .err = err, .errlen = errlen };
	int rc = gguf_open(&m.file, path, err, errlen);

	if (!rc)
		rc = read_hparams(&ld);
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
