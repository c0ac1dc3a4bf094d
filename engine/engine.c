/*
 * engine: one open model and all that hangs on it. Opening goes from the file upwards: tensors,
 * vocabulary, chat template, work buffers, value code, edit layer, calibration. Closing goes back down and
 * takes an engine that is half open.
 */
#include "engine_int.h"
#include "npu.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_CTX = 4096, MAX_THREADS = 256 };

engine_options engine_options_default(void)
{
	return (engine_options){ .precision = ENGINE_W8A16, .cpu_mask = ~0u, .edit_layer = -1 };
}

static int open_pool(engine *e, char *err, size_t errlen)
{
	long n = e->opt.n_threads > 0 ? e->opt.n_threads : sysconf(_SC_NPROCESSORS_ONLN);

	n = n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : n;
	int rc = pool_new(&e->pool, (int)n);

	return rc ? fail(err, errlen, rc, "cannot start %ld threads", n) : 0;
}

static int open_vocab(engine *e, const char *path, char *err, size_t errlen)
{
	char why[256] = "";
	int rc = vocab_new(&e->vocab, e->model ? e->model->file : e->vocab_file, why, sizeof(why));

	if (rc)
		return fail(err, errlen, rc, "%s: %s", path, why);
	if (e->model && vocab_size(e->vocab) > e->model->hp.n_vocab)
		return fail(err, errlen, ENGINE_EFORMAT, "%s: %zu tokens but %zu embeddings", path,
			    vocab_size(e->vocab), e->model->hp.n_vocab);
	return 0;
}

static int choose_template(engine *e, const char *path, char *err, size_t errlen)
{
	const char *s;
	size_t len;

	if (e->opt.chat_template) {
		e->chat = chat_template_named(e->opt.chat_template);
		return e->chat ? 0
			       : fail(err, errlen, ENGINE_EARG,
				      "unknown chat template \"%s\" (chatml, qwen3, llama-3, "
				      "llama-2, mistral, zephyr "
				      "and gemma are known)",
				      e->opt.chat_template);
	}
	if (!gguf_str(e->model->file, "tokenizer.chat_template", &s, &len)) {
		if (e->opt.purpose != ENGINE_FOR_CHAT)
			return 0;
		return fail(err, errlen, ENGINE_EFORMAT,
			    "%s: no chat template in the file; name one with --chat-template, like "
			    "chatml",
			    path);
	}
	e->chat = chat_template_guess(s, len);
	return e->chat || e->opt.purpose != ENGINE_FOR_CHAT
		       ? 0
		       : fail(err, errlen, ENGINE_EFORMAT,
			      "%s: unknown kind of chat template; name one with --chat-template, "
			      "like chatml",
			      path);
}

static int open_buffers(engine *e, char *err, size_t errlen)
{
	if (forward_new(&e->fwd, e->model, e->pool, e->cpu) ||
	    forward_reserve(e->fwd, e->info.n_ctx) ||
	    kv_init(&e->scratch, e->model, e->info.n_ctx))
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	return 0;
}

/* What one token costs. */
static void describe_cost(engine *e)
{
	const hparams *hp = &e->model->hp;
	size_t q = hp->n_head * hp->head_dim, kv = hp->n_head_kv * hp->head_dim;
	size_t products = hp->n_embd * (2 * q + 2 * kv + 3 * hp->n_ff), down = hp->n_embd * hp->n_ff;
	size_t width = e->opt.precision == ENGINE_FP32 ? sizeof(float) : 1;

	e->info.token_products = hp->n_layer * products;
	e->info.output_products = hp->n_vocab * hp->n_embd;
	/* the edited matrix is in floats */
	e->info.token_bytes = (e->info.token_products + e->info.output_products - down) * width +
			      down * sizeof(float);
}

static void describe(engine *e)
{
	const hparams *hp = &e->model->hp;
	size_t n_ctx = e->opt.n_ctx ? e->opt.n_ctx : DEFAULT_CTX;

	e->info = (engine_info){
		.n_params = e->model->n_params,
		.n_bytes = gguf_size(e->model->file),
		.n_vocab = hp->n_vocab,
		.n_embd = hp->n_embd,
		.n_ff = hp->n_ff,
		.n_layer = hp->n_layer,
		.n_head = hp->n_head,
		.n_head_kv = hp->n_head_kv,
		.n_ctx = n_ctx < hp->n_ctx_train ? n_ctx : hp->n_ctx_train,
		.edit_layer = e->model->edit_layer,
		.precision = e->opt.precision,
		.n_threads = pool_size(e->pool),
	};
	memcpy(e->info.name, hp->name, sizeof(e->info.name));
	memcpy(e->info.arch, hp->arch, sizeof(e->info.arch));
	memcpy(e->info.hash, gguf_hash(e->model->file), sizeof(e->info.hash));
	describe_cost(e);
}

static int open_calib(engine *e, const char *path, char *err, size_t errlen)
{
	char why[256] = "";
	int rc = calib_run(&e->calib, e, e->opt.calibration, e->opt.cache_dir, why, sizeof(why));

	return rc == ENGINE_EFORMAT ? fail(err, errlen, rc, "%s: %s", path, why)
	       : rc		    ? fail(err, errlen, rc, "%s", why)
				    : 0;
}

/* The key moment that came with the model is better than the one of a short calibration. */
static void use_moment(engine *e)
{
	size_t n = e->model->hp.n_ff;

	if (!e->code.moment || e->code.n_moment != n || e->code.moment_layer != (uint64_t)e->model->edit_layer)
		return;
	free(e->calib.c);
	free(e->calib.keys);
	e->calib.keys = NULL;
	e->calib.c = e->code.moment;
	e->code.moment = NULL;
}

static int open_tokens(engine *e, const char *path, char *err, size_t errlen)
{
	const char *name = "";
	size_t len = 0;
	int rc = gguf_open(&e->vocab_file, path, err, errlen);

	if (!rc)
		rc = open_vocab(e, path, err, errlen);
	if (rc)
		return rc;
	gguf_str(e->vocab_file, "general.name", &name, &len);
	len = len < sizeof(e->info.name) ? len : sizeof(e->info.name) - 1;
	memcpy(e->info.name, name, utf8_whole(name, len));
	e->info.n_bytes = gguf_size(e->vocab_file);
	e->info.n_vocab = vocab_size(e->vocab);
	return 0;
}

static int open_all(engine *e, const char *path, char *err, size_t errlen)
{
	const engine_options *o = &e->opt;

	if (o->purpose == ENGINE_FOR_TOKENS)
		return open_tokens(e, path, err, errlen);
	if (o->precision != ENGINE_W8A16 && o->precision != ENGINE_FP32)
		return fail(err, errlen, ENGINE_EARG, "unknown precision %d", o->precision);
	if (o->phone < 0 || o->phone >= NPU_PHONES)
		return fail(err, errlen, ENGINE_EARG, "unknown phone %d", o->phone);
	e->cpu = cpu_features(o->cpu_mask);
	int rc = open_pool(e, err, errlen);

	if (!rc)
		rc = model_open(&e->model, path, o, e->cpu, e->pool, err, errlen);
	if (!rc)
		rc = open_vocab(e, path, err, errlen);
	if (!rc)
		rc = choose_template(e, path, err, errlen);
	if (rc)
		return rc;
	describe(e);
	rc = open_buffers(e, err, errlen);
	if (rc)
		return rc;
	strncpy(e->info.kernels, forward_kernels(e->fwd), sizeof(e->info.kernels) - 1);
	if (o->purpose == ENGINE_FOR_LOGITS && o->precision == ENGINE_FP32)
		return 0;
	if (o->purpose == ENGINE_FOR_CHAT)
		rc = value_code_open(&e->code, path, o->value_code, e->info.n_embd, err, errlen);
	/* A code is one for the usual layer. */
	if (!rc && o->purpose == ENGINE_FOR_CHAT && o->find_layer && o->edit_layer < 0 && e->model->hp.edit_layer < 0 && !e->code.a)
		rc = layer_sweep_run(e, path, err, errlen);
	if (!rc)
		rc = open_calib(e, path, err, errlen);
	if (rc || o->purpose != ENGINE_FOR_CHAT)
		return rc;
	if (o->edit_layer >= 0 && o->edit_layer != e->model->hp.edit_layer) {
		free(e->code.a); /* it codes for another layer */
		e->code.a = NULL;
	}
	e->info.has_value_code = e->code.a != NULL;
	use_moment(e);
	return 0;
}

/* The strings of the options are the caller's: none is kept past engine_open(). */
static void forget_strings(engine_options *o)
{
	o->cache_dir = o->calibration = o->value_code = o->chat_template = NULL;
	o->loading = NULL; /* nor what these point to */
	o->finding = NULL;
	o->stop = NULL;
}

int engine_open(engine **out, const char *path, const engine_options *opt, char *err, size_t errlen)
{
	engine *e = calloc(1, sizeof(*e));

	if (!e)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	e->opt = opt ? *opt : engine_options_default();
	e->version = 1;
	int rc = open_all(e, path, err, errlen);

	if (engine_lost(e))
		rc = fail(err, errlen, ENGINE_EIO, "%s: %s", path, gguf_lost_text);
	else if (rc == ENGINE_ESTOP)
		fail(err, errlen, rc, "%s: stopped before the model was open", path);
	if (rc) {
		engine_close(e);
		return rc;
	}
	forget_strings(&e->opt);
	*out = e;
	return 0;
}

void engine_close(engine *e)
{
	if (!e)
		return;
	practice_drop(e);
	solve_cache_free(e->solve_cache);
	value_code_release(&e->code);
	calib_release(&e->calib);
	kv_release(&e->scratch);
	forward_free(e->fwd);
	vocab_free(e->vocab);
	model_close(e->model);
	gguf_close(e->vocab_file);
	pool_free(e->pool);
	free(e);
}

bool engine_lost(const engine *e)
{
	gguf *file = e->model ? e->model->file : e->vocab_file;

	return file && !gguf_intact(file);
}

const engine_info *engine_describe(const engine *e)
{
	return &e->info;
}

int engine_for_chat(const engine *e, char *err, size_t errlen)
{
	return e->opt.purpose == ENGINE_FOR_CHAT
		       ? 0
		       : fail(err, errlen, ENGINE_EARG, "the model was not opened for chatting");
}

int engine_hash(const char *path, char hash[65], char *err, size_t errlen)
{
	gguf *g;
	int rc = gguf_open(&g, path, err, errlen);

	if (rc)
		return rc;
	memcpy(hash, gguf_hash(g), 65);
	gguf_close(g);
	return 0;
}

/* ---- tokens ---- */

int engine_tokenize(const engine *e, const char *text, size_t len, bool special, int32_t *out,
		    size_t cap)
{
	return vocab_encode(e->vocab, text, len, special, out, cap);
}

size_t engine_token_bytes(const engine *e, int32_t token, const char **bytes)
{
	return vocab_bytes(e->vocab, token, bytes);
}

size_t engine_first_bytes(const engine *e, int32_t token, const char **bytes)
{
	size_t n = vocab_bytes(e->vocab, token, bytes);
	bool spaced = n && **bytes == ' ' && e->chat && chat_template_spaced(e->chat);

	*bytes += spaced;
	return n - spaced;
}

bool engine_token_ends(const engine *e, int32_t token)
{
	return vocab_ends(e->vocab, token);
}

int engine_chat_tokens(const engine *e, const engine_turn *turns, size_t n, bool open_reply,
		       size_t anchor_end, int32_t **out, size_t *n_out, size_t *anchor, char *err,
		       size_t errlen)
{
	if (!e->chat)
		return fail(err, errlen, ENGINE_EARG, "the model has no chat template");
	return chat_template_tokens(e->chat, e->vocab, turns, n, open_reply, anchor_end, out, n_out,
				    anchor, err, errlen);
}
