/*
 * model_hparams: the hyperparameters of a qwen2, qwen3 or llama model, out of the file's metadata; what would change the
 * numbers and is not built in is refused.
 */
#include "model_int.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LAYERS = 1024, MAX_HEAD_DIM = 1024, MAX_DIM = 1 << 24 };

static int need_size(model_loader *ld, const char *key, size_t max, size_t *out)
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
static int may_size(model_loader *ld, const char *key, size_t max, size_t *out)
{
	char name[96];
	uint64_t x;

	snprintf(name, sizeof(name), "%s.%s", ld->m->hp.arch, key);
	return gguf_u64(ld->m->file, name, &x) ? need_size(ld, key, max, out) : 0;
}

static int may_float(model_loader *ld, const char *key, double min, double max, float *out)
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

static int read_arch(model_loader *ld)
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
static void read_name(model_loader *ld)
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
static int refuse_unsupported(model_loader *ld)
{
	hparams *hp = &ld->m->hp;
	char key[96];
	size_t experts = 0, rope_dim = hp->head_dim;
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
	return 0;
}

/* How positions are stretched beyond the context of the first training: by a factor ("linear": Chen et al. 2023, arXiv
 * 2306.15595), or not. Files that name no kind mean this one, older ones call its factor rope.scale_linear, and 0 stands for
 * none, as llama.cpp has it. (Llama 3's way is a tensor: load_rope_factors().) */
static int read_rope_scaling(model_loader *ld)
{
	enum { SHOWN = 40 };
	hparams *hp = &ld->m->hp;
	char key[96];
	const char *kind = "linear";
	size_t len = strlen(kind);
	float attention = 1, factor = 0;
	int rc = may_float(ld, "rope.scaling.attn_factor", 0, 1e6, &attention);

	if (!rc)
		rc = may_float(ld, "rope.scale_linear", 0, 1e6, &factor);
	if (!rc)
		rc = may_float(ld, "rope.scaling.factor", 0, 1e6, &factor);
	if (rc)
		return rc;
	snprintf(key, sizeof(key), "%s.rope.scaling.type", hp->arch);
	if (gguf_has(ld->m->file, key) && !gguf_str(ld->m->file, key, &kind, &len))
		return FAIL(ld, ENGINE_EFORMAT, "%s: %s is no word", ld->path, key);
	if (len == strlen("none") && !memcmp(kind, "none", len))
		factor = 0;
	else if (len != strlen("linear") || memcmp(kind, "linear", len))
		return FAIL(ld, ENGINE_EFORMAT, "%s: rope scaling \"%.*s\" is not supported (linear is)", ld->path,
			    (int)(len < SHOWN ? len : SHOWN), kind);
	if (attention != 1)
		return FAIL(ld, ENGINE_EFORMAT, "%s: %s.rope.scaling.attn_factor is %g, which is not supported", ld->path, hp->arch,
			    (double)attention);
	hp->rope_scale = factor > 0 ? factor : 1;
	return 0;
}

static int read_heads(model_loader *ld)
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

int model_hparams_read(model_loader *ld)
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
		rc = read_rope_scaling(ld);
	if (!rc)
		rc = model_need_check(hp, ld->pool ? pool_size(ld->pool) : 1, gguf_size(ld->m->file), ld->path, ld->err, ld->errlen);
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
