/*
 * engine: a language model that can be talked to and edited. GGUF in, W8A16 forward passes, sampling, sessions with a KV
 * cache, and the editor (edit.h). No SQL, no terminal, no files written except the caches and what is exported.
 *
 * Errors: functions return 0 or a negative ENGINE_E*; a sentence for the user goes to err (cut to errlen, always
 * terminated). Output parameters are untouched on failure.
 * Threads: an engine and all that hangs on it belong to one thread (the worker); the engine's pool threads exist only
 * inside a call. stop callbacks may read atomics set by other threads.
 * Shapes are [rows, columns], row-major. Losses are in nats per target token, mean over contexts.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ENGINE_OK = 0,
	ENGINE_ERR = -1,
	ENGINE_ENOMEM = -2,
	ENGINE_EIO = -3,
	ENGINE_EFORMAT = -4, /* not a GGUF, truncated, inconsistent, unsupported */
	ENGINE_EARG = -5,
	ENGINE_EFULL = -6,   /* the context is full */
	ENGINE_ESTOP = -7,   /* stopped by the callback; call again to go on */
	ENGINE_ENONE = -8,   /* nothing is learned, so there is nothing to export */
};

enum { ENGINE_W8A16, ENGINE_FP32 };

/* What a model is opened for. LOGITS: sessions, engine_logits() and engine_nll() alone; needs no chat template, and in
 * fp32 no calibration. TOKENS: the vocabulary alone; the file may have no tensors. What an engine was not opened for
 * gives ENGINE_EARG. */
enum engine_purpose { ENGINE_FOR_CHAT, ENGINE_FOR_LOGITS, ENGINE_FOR_TOKENS };

/* CPU features. A mask (engine_options) hides some. */
enum { CPU_AVX2 = 1, CPU_AVX512 = 2, CPU_VNNI = 4, CPU_AMX = 8, CPU_DOTPROD = 16, CPU_I8MM = 32, CPU_AVXVNNI = 64,
       CPU_NEON = 128 };

/* A mask from names, "avx2" or "neon,dotprod": each allows the set named and those it is built on; "none" is plain C, "all"
 * the default. An unknown name is ENGINE_EARG, with the known ones in err. */
int engine_cpu_mask(const char *names, unsigned *mask, char *err, size_t errlen);

typedef struct engine engine;
typedef struct session session;
typedef struct engine_sweep engine_sweep; /* below */
typedef bool (*engine_stop_fn)(void *arg); /* true = stop; polled at least once per layer */

typedef struct engine_options {
	int n_threads;          /* 0 = online cores */
	int precision;          /* ENGINE_W8A16 or ENGINE_FP32 */
	unsigned cpu_mask;      /* features allowed; ~0u = all that the CPU has */
	size_t n_ctx;           /* tokens; 0 = the model's own, at most 4096 */
	const char *cache_dir;  /* where calibration is cached (0600), or NULL */
	const char *calibration; /* path of the calibration text */
	const char *value_code; /* path of the value code GGUF, or NULL: MODEL.value.gguf beside the model if there */
	const char *chat_template; /* family name, or NULL: from the model's metadata */
	int edit_layer;         /* -1 = from metadata, or found, or the default for the depth */
	bool find_layer;        /* where neither metadata nor edit_layer say: measured, see engine_sweep */
	void (*finding)(const engine_sweep *s, void *arg); /* before each layer and at the end; or NULL */
	void *finding_arg;
	void (*loading)(size_t layer, size_t n, void *arg); /* after each of the n layers, or NULL */
	void *loading_arg;
	engine_stop_fn stop;    /* asked while it opens: after each layer that is read, and as ever in the passes that measure and
				 * calibrate; NULL: nobody. True ends it with ENGINE_ESTOP; what was not done leaves no cache */
	void *stop_arg;
	enum engine_purpose purpose;
	int phone;              /* whose time edits project: an index into npu_phones of npu.h */
} engine_options;

engine_options engine_options_default(void);
/* Maps the file: while the engine is open it may be renamed or replaced by renaming. One that is cut short or written to is of no
 * use from then on: see engine_lost(). */
int engine_open(engine **out, const char *path, const engine_options *opt, char *err, size_t errlen);
void engine_close(engine *e); /* takes NULL */
/* Was the file cut short or written to while it was open? Then all that needs it fails with ENGINE_EIO, and nothing that was
 * computed since may be kept. */
bool engine_lost(const engine *e);
/* To be called by the program's handler of SIGBUS with the address that could not be read (si_addr), in any thread. True: it lies
 * in a model's file that was cut short, and reads as zeros from now on. Without such a handler the process ends there. */
bool engine_fault(const void *address);

typedef struct engine_info {
	char name[64], arch[16], hash[65]; /* hash: hex SHA-256 of header, sizes and sampled tensor bytes */
	size_t n_params, n_bytes, n_vocab, n_embd, n_ff, n_layer, n_head, n_head_kv, n_ctx;
	size_t token_products, output_products; /* multiply-adds of a token through the layers, and of its logits */
	size_t token_bytes;     /* of weights that one token's logits read */
	int edit_layer, precision, n_threads;
	bool has_value_code;
	char kernels[32]; /* "avx512vnni" */
} engine_info;

const engine_info *engine_describe(const engine *e);
/* What the machine could do: multiply-adds of int16 and int8 a second on all threads (0: not known for these kernels),
 * and bytes read from memory a second. Takes about a second. */
int engine_peak(engine *e, double *products, double *bytes);
/* The hash of engine_info for a file, without loading the model. */
int engine_hash(const char *path, char hash[65], char *err, size_t errlen);

/* Which layer takes edits best: a few short searches for made-up facts at each of some layers (layer_sweep.c), once for a
 * model, as engine_open() calibrates; kept in a file in cache_dir. At most 6e13 multiply-adds: two minutes on two cores, for
 * a model of 3 billion weights; one that would need more keeps the usual layer. */
enum { ENGINE_SWEEP_MAX = 8 };
struct engine_sweep {
	size_t n, done;         /* layers to measure; done: so many of them are. 0 at the end: it would have taken too long */
	int layer[ENGINE_SWEEP_MAX];
	double loss[ENGINE_SWEEP_MAX]; /* after the search, mean of the facts */
	int usual, chosen, evaluations;
};
const engine_sweep *engine_layer_sweep(const engine *e); /* NULL: none was wanted */
/* The layer that a sweep before has found for the model of this hash, opened with such options; -1: none, or the usual one. */
int engine_found_layer(const char hash[65], const engine_options *o);

/* ---- tokens ---- */

/* Returns the number of tokens text makes (2 len + 1 at most); writes at most cap of them. special: spell "<|im_end|>"
 * as its control token (never for text of a user). Negative on error. */
int engine_tokenize(const engine *e, const char *text, size_t len, bool special, int32_t *out, size_t cap);
/* Bytes of a token (not terminated); returns the length, 0 for control tokens. *bytes points into the engine. */
size_t engine_token_bytes(const engine *e, int32_t token, const char **bytes);
/* The same for the first token of a reply: without the space that parts it from its header in some chat formats. */
size_t engine_first_bytes(const engine *e, int32_t token, const char **bytes);
bool engine_token_ends(const engine *e, int32_t token); /* end of turn or of text */
/* The same as engine_token_bytes() but control tokens are spelled out; SIZE_MAX: no such token. */
size_t engine_token_piece(const engine *e, int32_t token, const char **bytes);
int32_t engine_bos(const engine *e); /* what the model wants before a text, or -1 */
/* Where a long text may be cut: the longest prefix whose tokens, followed by those of the rest, are those of the whole,
 * whatever follows text [len]; control tokens not spelled. 0: no such place is known. text: UTF-8. */
size_t engine_text_cut(const engine *e, const char *text, size_t len);

typedef struct engine_turn {
	const char *role; /* "system", "user", "assistant" */
	const char *text;
	size_t len;
} engine_turn;

/* The chat template's tokens for some turns; open_reply adds the assistant's header so that the model answers. User text
 * never makes control tokens. *out is malloc'd. anchor_end: byte offset in the last user turn, or SIZE_MAX; *anchor
 * gets the index of the token that holds the byte before it. anchor may be NULL. */
int engine_chat_tokens(const engine *e, const engine_turn *turns, size_t n, bool open_reply, size_t anchor_end,
		       int32_t **out, size_t *n_out, size_t *anchor, char *err, size_t errlen);

/* ---- sessions: one token sequence with its KV cache ---- */

int session_new(session **out, engine *e, char *err, size_t errlen);
void session_free(session *s); /* takes NULL */
/* Makes the session hold exactly these tokens, reusing the longest common prefix computed with the same weights. */
int session_sync(session *s, const int32_t *tokens, size_t n, engine_stop_fn stop, void *arg, char *err, size_t errlen);
int session_eval(session *s, int32_t token, char *err, size_t errlen); /* appends one token */
const float *session_logits(const session *s);                        /* [n_vocab] after the last token */
size_t session_length(const session *s);                              /* tokens held */
size_t session_computed(const session *s); /* rows run through the model since session_new(): what was not reused */
/* Which weights are read: those that the user talks to, the base model's, or those of engine_try(). */
enum engine_weights { ENGINE_EDITED, ENGINE_BASE, ENGINE_TRIAL };
/* Which weights the session reads: the edited ones (default) or the base model's. Takes effect at the next sync. */
void session_use_base(session *s, bool base);

typedef struct sample_options {
	float temperature; /* 0 = greedy */
	int top_k;         /* 0 = off */
	float top_p, min_p, repeat_penalty;
	uint64_t seed;
} sample_options;

typedef struct sampler sampler;
sample_options sample_options_default(void);
int sampler_new(sampler **out, const engine *e, const sample_options *opt);
void sampler_free(sampler *s);
/* Draws from session_logits(); reproducible for a seed. */
int32_t sampler_draw(sampler *s, const session *ses);

/* Greedy answer to a fresh dialogue (no end-of-turn token in it), at most max_tokens tokens; terminated. Sets *ended when
 * the model ended its turn by itself. */
int engine_answer(engine *e, const engine_turn *turns, size_t n, enum engine_weights which, size_t max_tokens,
		  char *out, size_t cap, bool *ended, engine_stop_fn stop, void *arg, char *err, size_t errlen);
/* Teacher-forced: mean NLL per token, and the product of token probabilities, of `answer` + end of turn. */
int engine_score(engine *e, const engine_turn *turns, size_t n, enum engine_weights which, const char *answer,
		 double *nll, double *p, char *err, size_t errlen);
/* Teacher-forced: want [n_out] gets the tokens of `answer` without the end of turn, top [n_out] the likeliest one in each
 * one's place; at most cap. */
int engine_forced(engine *e, const engine_turn *turns, size_t n, enum engine_weights which, const char *answer,
		  int32_t *want, int32_t *top, size_t cap, size_t *n_out, char *err, size_t errlen);

/* ---- a sequence as it is, in an empty context: for comparison with other engines; logits of the base weights ---- */

/* Gives row() the logits [n_vocab] at the positions first..n-1 in turn; what it returns other than 0 ends the run. */
typedef int (*engine_row_fn)(void *arg, size_t position, const float *logits);
int engine_logits(engine *e, const int32_t *tokens, size_t n, size_t first, engine_row_fn row, void *row_arg,
		  engine_stop_fn stop, void *arg, char *err, size_t errlen);
/* nll [n - first]: -log p of tokens first..n-1 in nats, each given all that stand before it; 0 < first < n. */
int engine_nll(engine *e, const int32_t *tokens, size_t n, size_t first, enum engine_weights which, float *nll,
	       engine_stop_fn stop, void *arg, char *err, size_t errlen);

/* ---- for other engines: export.c ---- */

/* MODEL: the file that was opened, byte for byte but for the edited matrix. LORA: that matrix's change alone, an adapter. */
enum engine_export_as { ENGINE_EXPORT_MODEL, ENGINE_EXPORT_LORA };

typedef struct engine_exported {
	char tensor[64], type[8]; /* the edited matrix, and how its numbers are stored: "F16" */
	size_t bytes;             /* of the file */
	size_t rank;              /* LORA: of the change, and how far the product of the factors is from it, Frobenius */
	double residual;
} engine_exported;

/* Writes a GGUF of mode 0600 that appears at path when it is whole or not at all. A file in its place is ENGINE_EARG unless
 * overwrite; the opened model's own is never replaced. */
int engine_export(engine *e, enum engine_export_as as, const char *path, bool overwrite, engine_exported *out,
		  engine_stop_fn stop, void *arg, char *err, size_t errlen);

#endif
