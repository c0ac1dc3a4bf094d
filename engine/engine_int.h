/*
 * engine_int: what the engine's files share. Only files in engine/ and their tests include it.
 *
 * Determinism contract: each row of a forward pass depends on that row's sequence only, bit for bit: not on which other
 * rows are in the batch, on the number of threads, or on whether its prefix came from a cache. Integer kernels are exact;
 * float sums run in a fixed order per row.
 */
#ifndef ENGINE_ENGINE_INT_H
#define ENGINE_ENGINE_INT_H

#include "edit.h"

/* ---- gguf.c: a mapped file, every length checked before use ---- */

enum { GGML_F32 = 0, GGML_F16 = 1, GGML_Q4_0 = 2, GGML_Q4_1 = 3, GGML_Q5_0 = 6, GGML_Q5_1 = 7, GGML_Q8_0 = 8,
       GGML_Q4_K = 12, GGML_Q5_K = 13, GGML_Q6_K = 14, GGML_BF16 = 30 };

typedef struct gguf_tensor {
	const char *name; /* not terminated: name_len bytes */
	size_t name_len;
	int type;
	size_t rows, cols; /* cols = ne[0] (input dimension), rows = the product of the others */
	const void *data;
	size_t bytes;
} gguf_tensor;

typedef struct gguf gguf;
int gguf_open(gguf **out, const char *path, char *err, size_t errlen);
int gguf_open_memory(gguf **out, const void *bytes, size_t n, char *err, size_t errlen); /* borrows bytes; for tests */
void gguf_close(gguf *g);
const gguf_tensor *gguf_find(const gguf *g, const char *name);
size_t gguf_tensor_count(const gguf *g);
const gguf_tensor *gguf_tensor_at(const gguf *g, size_t i);
/* Metadata. Numbers of any integer/float/bool type are converted; missing or wrong type: returns false. */
bool gguf_has(const gguf *g, const char *key);
bool gguf_u64(const gguf *g, const char *key, uint64_t *out);
bool gguf_f64(const gguf *g, const char *key, double *out);
bool gguf_str(const gguf *g, const char *key, const char **s, size_t *len);
size_t gguf_array_len(const gguf *g, const char *key); /* 0 if not an array */
bool gguf_array_str(const gguf *g, const char *key, size_t i, const char **s, size_t *len); /* O(1): indexed at open */
bool gguf_array_i64(const gguf *g, const char *key, size_t i, int64_t *out);
bool gguf_array_f64(const gguf *g, const char *key, size_t i, double *out);
/* Decodes one row to floats [cols]. The type was checked at open. */
void gguf_row(const gguf_tensor *t, size_t row, float *out);
const void *gguf_row_bytes(const gguf_tensor *t, size_t row);
/* The tensor will be read soon: the system may begin to fetch it. */
void gguf_expect(const gguf *g, const gguf_tensor *t);
/* The tensor will hardly be read again: its pages need not stay in memory. */
void gguf_forget(const gguf *g, const gguf_tensor *t);
const char *gguf_hash(const gguf *g); /* hex, 64 characters: SHA-256 of header bytes, sizes and sampled data */
size_t gguf_size(const gguf *g);
/* False from when its file was found to be cut short or overwritten: what was read since it was last asked may be wrong. One
 * system call. */
bool gguf_intact(gguf *g);
extern const char gguf_lost_text[]; /* that, as a sentence */
bool gguf_is_file(const gguf *g, uint64_t device, uint64_t inode); /* is it this file that is open? */

/* ---- token.c: byte-level BPE (gpt2) with PCRE2 pre-tokenizer, and SentencePiece BPE (llama) ---- */

typedef struct vocab vocab;
int vocab_new(vocab **out, const gguf *g, char *err, size_t errlen);
void vocab_free(vocab *v);
size_t vocab_size(const vocab *v);
int vocab_encode(const vocab *v, const char *text, size_t len, bool special, int32_t *out, size_t cap);
/* The same; *marked gets the index of the token that holds the byte text[mark], SIZE_MAX if none does. */
int vocab_encode_marked(const vocab *v, const char *text, size_t len, bool special, int32_t *out, size_t cap,
			size_t mark, size_t *marked);
size_t vocab_bytes(const vocab *v, int32_t id, const char **bytes);
int32_t vocab_find(const vocab *v, const char *piece); /* control token by its spelling, -1 if none */
bool vocab_ends(const vocab *v, int32_t id);
bool vocab_control(const vocab *v, int32_t id);
int32_t vocab_bos(const vocab *v); /* -1: none is to be added */

/* ---- chat_template.c ---- */

typedef struct chat_template chat_template; /* static description of a family */
const chat_template *chat_template_named(const char *family);
const char *chat_template_family(const chat_template *t);
const chat_template *chat_template_guess(const char *jinja, size_t len); /* NULL: unknown */
bool chat_template_spaced(const chat_template *t); /* a space parts the reply from its header */
int chat_template_tokens(const chat_template *t, const vocab *v, const engine_turn *turns, size_t n, bool open_reply,
			 size_t anchor_end, int32_t **out, size_t *n_out, size_t *anchor, char *err, size_t errlen);

/* ---- cpu.c, pool.c ---- */

unsigned cpu_features(unsigned mask); /* CPUID and XCR0 (or HWCAP), and mask */
/* Instruction sets by name, each with those it is built on, plain C first; ends with a NULL name. */
typedef struct cpu_set {
	const char *name;
	unsigned mask;
} cpu_set;
extern const cpu_set cpu_sets[];
typedef struct pool pool;
int pool_new(pool **out, int n_threads);
void pool_free(pool *p);
/* Calls fn(arg, i, n) for i = 0..n-1, n = threads, one on the caller; returns when all are done. */
void pool_run(pool *p, void (*fn)(void *arg, int i, int n), void *arg);
int pool_size(const pool *p);
/* Inside fn: returns once all n threads have called it. */
void pool_barrier(pool *p);

/* ---- kernels.h (own header): table of functions, scalar first, overwritten upward ---- */

/* ---- quant.c: weights as the kernels want them ---- */

/* y[r] = sum_c w[r][c] x[c] + bias[r]. W8A16: int8 weights with one scale a row, packed for the kernel in use, and a
 * static int16 activation scale; fp32: floats. */
typedef struct linear {
	size_t rows, cols;
	int8_t *q;        /* packed; NULL in fp32 */
	size_t q_bytes;   /* of the pages that q lies in */
	float *scale;     /* [rows] */
	float *f32;       /* [rows, cols], or NULL in W8A16 */
	float *bias;      /* [rows] or NULL */
	float act_scale;  /* activation = int16 * act_scale; set by calibration */
	float act_max;    /* largest |activation| seen by calibration */
} linear;

/* ---- model.c: tensors bound once, shapes validated ---- */

typedef struct layer {
	float *attn_norm, *ffn_norm; /* [n_embd] */
	float *q_norm, *k_norm;      /* [head_dim] or NULL (qwen3) */
	linear q, k, v, o, gate, up, down;
} layer;

typedef struct hparams {
	size_t n_vocab, n_embd, n_ff, n_layer, n_head, n_head_kv, head_dim, n_ctx_train;
	float rope_theta, norm_eps;
	float rope_scale;  /* positions are divided by it */
	bool rope_neox;    /* pairs (i, i + d/2); else (2i, 2i+1) */
	bool tied_output;
	int edit_layer;    /* from imprint.edit_layer, or -1 */
	char arch[16], name[64];
} hparams;

/* A change of the edited layer as the product b * a; a NULL: none, or its rank is no lower than the layer's. solve.h */
typedef struct low_rank {
	size_t rank;
	float *a; /* [rank, n_ff] */
	float *b; /* [n_embd, rank] */
} low_rank;
void low_rank_release(low_rank *c); /* model.c */

typedef struct model {
	hparams hp;
	gguf *file;             /* owned */
	const gguf_tensor *embd; /* rows decoded on demand (mapped), [n_vocab, n_embd] */
	float *rope_factors;    /* [head_dim / 2] or NULL: what frequencies are divided by, rope_scale included */
	float *output_norm;
	linear output;          /* [n_vocab, n_embd] */
	layer *layers;
	/* The edited layer: down-projection in fp32. base never changes. */
	int edit_layer;
	float *down_base, *down_edited, *down_trial; /* [n_embd, n_ff]; edited: NULL while nothing is learned; trial: NULL
						      * until engine_try() */
	low_rank change_edited, change_trial;        /* what they are more than down_base */
	/* What methods.h edits beyond that layer: [n_layer] of [n_embd, n_ff] in fp32, read in place of the down-projection
	 * wherever the edited one is; NULL, as are layers not in it, while none is. overlay.c */
	float **down_overlay;
	size_t n_params;
} model;

/* Reads hyperparameters, binds and validates every tensor, builds the linears (quant.c: linear_init). Of the options precision,
 * edit_layer and loading count. */
int model_open(model **out, const char *path, const engine_options *o, unsigned cpu, pool *p, char *err, size_t errlen);
/* Another layer to edit, before anything is learned; the other arguments as they were. On failure nothing has changed. */
int model_edit_at(model *m, int index, int precision, unsigned cpu, pool *p, const char *path, char *err, size_t errlen);
void model_close(model *m);
/* The hyperparameters alone, and the layer that an edit would take; no weights are read. */
int model_sizes(hparams *out, int *edit_layer, const char *path, char *err, size_t errlen);
/* Whether the file is large enough for the memory that its hyperparameters ask for with so many threads; model_need.c */
int model_need_check(const hparams *hp, int threads, size_t file_size, const char *path, char *err, size_t errlen);

/* The down-projection of any layer in floats, as a pass with these weights has it; NULL: base weights in the linear. */
static inline float *model_down(const model *m, size_t index, enum engine_weights which)
{
	float *w = NULL;

	if (index != (size_t)m->edit_layer)
		return which == ENGINE_BASE || !m->down_overlay ? NULL : m->down_overlay[index];
	if (which != ENGINE_BASE)
		w = which == ENGINE_TRIAL ? m->down_trial : m->down_edited;
	return w ? w : m->down_base;
}

/* ---- overlay.c: edited weights of any layer, for methods.h ---- */

/* Edited weights of this layer [n_embd, n_ff] to write to, a copy of the base at first; or NULL. */
float *overlay_write(engine *e, size_t index);
/* To be called after writing: what was computed with the weights before is not used any more. */
void overlay_changed(engine *e);
/* All layers have their base weights again. */
void overlay_drop(engine *e);
/* out [n_embd, n_ff]: the base weights of any layer. */
void overlay_base(const engine *e, size_t index, float *out);
const gguf_tensor *overlay_tensor(const model *m, size_t index, const char *name); /* blk.INDEX.NAME.weight */

int linear_init(linear *l, const gguf_tensor *w, const gguf_tensor *bias, int precision, unsigned cpu, pool *p,
		char *err, size_t errlen);
void linear_release(linear *l);

/* ---- forward.c ---- */

/* K and V of one sequence, F16: [n_layer][capacity][n_head_kv * head_dim]. */
typedef struct kv_cache {
	size_t n_layer, capacity, width;
	uint16_t *k, *v;
	size_t bytes; /* of the pages of each; those never written take no memory */
} kv_cache;
int kv_init(kv_cache *kv, const model *m, size_t capacity);
void kv_release(kv_cache *kv);

/*
 * Rows row0 .. row0+n_rows of the batch are the next tokens of one sequence: they stand at positions pos0.., see the
 * first n_prefix positions of `prefix` (shared, read only; may be NULL) and then positions n_prefix.. of `own`, where
 * own's slot i holds position n_prefix + i. Their own K/V are written to own at slot pos - n_prefix.
 */
typedef struct forward_seq {
	const kv_cache *prefix;
	size_t n_prefix;
	kv_cache *own;
	size_t pos0, row0, n_rows;
} forward_seq;

typedef struct forward_args {
	forward_seq *seqs;
	size_t n_seqs, n_rows;
	size_t layer0, layer1;   /* layers [layer0, layer1) are run */
	enum engine_weights weights; /* of the edit layer's down-projection */
	/* For the editor; NULL when unused. */
	float *keys_out;         /* [n_rows, n_ff]: input of the edit layer's down-projection */
	float *values_out;       /* [n_rows, n_embd]: its output before anything is added */
	const float *const *add; /* [n_rows]: vector [n_embd] added to its output at that row, or NULL */
	engine_stop_fn stop;
	void *arg;
} forward_args;

typedef struct forward forward; /* work buffers, grown outside the token loop; one per engine */
int forward_new(forward **out, model *m, pool *p, unsigned cpu);
void forward_free(forward *f);
/* Makes room for sequences of this many positions, so that none is made between their tokens. */
int forward_reserve(forward *f, size_t positions);
/* x [n_rows, n_embd]: residual stream entering layer0, replaced by the one leaving layer1 - 1. 0, ENGINE_ESTOP or
 * ENGINE_ENOMEM. */
int forward_layers(forward *f, const forward_args *a, float *x);
int forward_embed(forward *f, const int32_t *tokens, size_t n, float *x); /* x [n, n_embd] */
/* Final norm and output matrix for some rows: logits [n, n_vocab]. */
int forward_logits(forward *f, const float *x, size_t n, float *logits);
/* log p(targets[i] | row i), and whether it is the argmax; no logits kept. x [n, n_embd]. */
int forward_score(forward *f, const float *x, size_t n, const int32_t *targets, float *logp, bool *top);
/* For calibration: while maxima [n_layer * 4 + 1] is set, the largest |input| of each layer's q/k/v, o, gate/up and down
 * and of the output matrix is kept there. NULL ends it. A linear whose act_scale is 0 scales each row by its own maximum. */
void forward_observe(forward *f, float *maxima);
const char *forward_kernels(const forward *f); /* "avx512vnni" */
/* Rows run since forward_new(), each counted once for every layer it went through, and rows through the output matrix. */
void forward_work(const forward *f, size_t *layer_rows, size_t *output_rows);

/* ---- session.c, sample.c ---- */

const int32_t *session_tokens(const session *s); /* [session_length] */
/* sampler_draw() from plain logits [n_vocab]; tokens: what came before, for the repeat penalty. */
int32_t sampler_pick(sampler *s, const float *logits, const int32_t *tokens, size_t n_tokens);

/* ---- calib.c, calib_text.c ---- */

/* Sets act_scale of every linear from a pass over the calibration text (fp32 activations), and the key second moment of
 * the edit layer. Reads and writes the cache file (checksummed, keyed by hash and edit layer). */
typedef struct calib {
	float *c;       /* [n_ff, n_ff]: mean of k k^T at the edit layer; NULL where keys are kept */
	float *keys;    /* [n_rows, n_ff], where there are fewer than n_ff; else NULL */
	float v_norm;   /* mean |v| of that layer's output */
	size_t n_rows;  /* tokens seen */
} calib;
int calib_run(calib *c, engine *e, const char *text_path, const char *cache_dir, char *err, size_t errlen);
void calib_release(calib *c);
/* The token sequences of such a text, one after another; what fn returns other than 0 ends it. Only an unreadable text is
 * spoken of in err. */
typedef int (*calib_tokens_fn)(void *arg, const int32_t *tokens, size_t n);
int calib_each(engine *e, const char *text_path, calib_tokens_fn fn, void *arg, char *err, size_t errlen);

/* ---- engine.c ---- */

/* The value code of the built-in model: delta = b + sum_t A_t e(token_t). An edit tries all banks, and no vector, in one
 * batch (edit_int.h), so a file may not have as many as it likes. */
enum { VALUE_CODE_BANKS_MAX = 15 };
typedef struct value_code {
	size_t n_banks, n_tokens, d;
	float *a; /* [banks, tokens, d, d] */
	float *b; /* [banks, d] */
	float *moment;   /* [n_moment, n_moment]: second moment of the edit layer's keys, or NULL */
	size_t n_moment;
	uint64_t moment_layer;
} value_code;
/* path NULL: MODEL.value.gguf beside the model, if there; *c is left alone where there is none. d: n_embd. value_code.c */
int value_code_open(value_code *c, const char *model_path, const char *path, size_t d, char *err, size_t errlen);
void value_code_release(value_code *c);

struct engine {
	engine_options opt;
	engine_info info;
	model *model;
	vocab *vocab;
	const chat_template *chat;
	gguf *vocab_file;       /* ENGINE_FOR_TOKENS: the file, and there is no model */
	pool *pool;
	forward *fwd;
	unsigned cpu;
	calib calib;
	value_code code;        /* a == NULL: none */
	uint64_t version;       /* of the edited weights */
	bool has_trial;         /* engine_try() succeeded since they changed */
	kv_cache scratch;       /* for engine_answer and engine_score, made at open */
	engine_sweep sweep;     /* n 0: none */
	struct reading *reading; /* practice.c: NULL before engine_practise() was done */
	struct practice *practice; /* not done yet */
	void *solve_cache;      /* solve_layer.c: factor of C, made at first use, freed by solve_cache_free */
};

/* Chooses the edit layer of a model that is open but not calibrated; path: its file, for errors. layer_sweep.c */
int layer_sweep_run(engine *e, const char *path, char *err, size_t errlen);
/* 0, or ENGINE_EARG where e was not opened for chatting and editing. */
int engine_for_chat(const engine *e, char *err, size_t errlen);
int fail(char *err, size_t errlen, int code, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
size_t utf8_whole(const char *s, size_t n); /* bytes of s [n] without a character cut at the end; fail.c */
/* Zeroed room for n * m bytes at a multiple of 2 MiB, or NULL; *bytes is what pages_free() is to be told. pages.c */
void *pages_new(size_t n, size_t m, size_t *bytes);
void pages_prefer_huge(void *p, size_t bytes);
void pages_free(void *p, size_t bytes); /* takes NULL */
void solve_cache_free(void *cache);
void practice_drop(engine *e); /* what there is of either */
size_t solve_cache_bytes(const void *cache); /* takes NULL */
/* xoshiro-like seeded generator shared by search and sampler */
typedef struct rng { uint64_t s[4]; } rng;
void rng_seed(rng *r, uint64_t seed);
uint64_t rng_next(rng *r);
double rng_uniform(rng *r); /* [0, 1) */
double rng_normal(rng *r);
bool floats_finite(const float *x, size_t n); /* fail.c */
void *alloc_array(size_t n, size_t m, size_t size); /* checked multiplication, 64-byte aligned, zeroed; free() it */

#endif
