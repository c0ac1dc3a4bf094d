/*
 * import: the way back from a shipped model: NAME.gguf and NAME.value.gguf become a checkpoint to train on from and a
 * tokenizer file to make documents with. The optimiser's memory and the schedule begin anew.
 *
 *   import --model NAME.gguf --ckpt FILE --tokenizer FILE [--batch-windows 16] [--seed 1]
 */
#include "ckpt.h"

#include "../../engine/engine_int.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct args {
	const char *model, *ckpt, *tokenizer;
	uint32_t batch;
	uint64_t seed;
} args;

static int bad(char *err, size_t errlen, const char *what, const char *why)
{
	snprintf(err, errlen, "%s: %s", what, why);
	return -1;
}

/* ---- the net ---- */

static int read_u32(const gguf *g, const char *key, uint32_t *out, char *err, size_t errlen)
{
	uint64_t x;

	if (!gguf_u64(g, key, &x) || x > UINT32_MAX)
		return bad(err, errlen, key, "is missing or no number");
	*out = (uint32_t)x;
	return 0;
}

static int read_config(const gguf *g, net_config *c, char *err, size_t errlen)
{
	c->vocab = (uint32_t)gguf_array_len(g, "tokenizer.ggml.tokens");
	c->banks = 1;
	if (read_u32(g, "qwen2.block_count", &c->layers, err, errlen) ||
	    read_u32(g, "qwen2.context_length", &c->ctx, err, errlen) ||
	    read_u32(g, "qwen2.embedding_length", &c->hidden, err, errlen) ||
	    read_u32(g, "qwen2.feed_forward_length", &c->ffn, err, errlen) ||
	    read_u32(g, "qwen2.attention.head_count", &c->heads, err, errlen) ||
	    read_u32(g, "qwen2.attention.head_count_kv", &c->kv_heads, err, errlen) ||
	    read_u32(g, "imprint.edit_layer", &c->edit_layer, err, errlen))
		return -1;
	return net_config_check(c, err, errlen);
}

/* Puts the file's tensor into rows from .. to - 1 of one of the net's, or into such columns of a vector; to 0: to its end. */
static int read_part(net *n, const gguf *g, enum net_kind kind, uint32_t l, const char *name, size_t from, size_t to,
		     char *err, size_t errlen)
{
	const net_tensor *t = net_find(n, kind, l);
	const gguf_tensor *x = gguf_find(g, name);
	size_t part = (to ? to : t->rows == 1 ? t->cols : t->rows) - from;
	float *p = n->p + t->off + (t->rows == 1 ? from : from * t->cols);

	if (!x)
		return bad(err, errlen, name, "is missing");
	if (x->rows != (t->rows == 1 ? 1 : part) || x->cols != (t->rows == 1 ? part : t->cols))
		return bad(err, errlen, name, "has another shape");
	for (size_t r = 0; r < x->rows; r++)
		gguf_row(x, r, p + r * x->cols);
	return 0;
}

static int read_layer(net *n, const gguf *g, uint32_t l, char *err, size_t errlen)
{
	size_t d = n->c.hidden, f = n->c.ffn, kv = (size_t)n->c.kv_heads * NET_HEAD_DIM;
	const struct {
		enum net_kind kind;
		const char *name;
		size_t from, to;
	} part[] = {
		{ NET_NORM1, "attn_norm.weight", 0, 0 },
		{ NET_QKV, "attn_q.weight", 0, d },
		{ NET_BIAS, "attn_q.bias", 0, d },
		{ NET_QKV, "attn_k.weight", d, d + kv },
		{ NET_BIAS, "attn_k.bias", d, d + kv },
		{ NET_QKV, "attn_v.weight", d + kv, 0 },
		{ NET_BIAS, "attn_v.bias", d + kv, 0 },
		{ NET_OUT, "attn_output.weight", 0, 0 },
		{ NET_NORM2, "ffn_norm.weight", 0, 0 },
		{ NET_GATEUP, "ffn_gate.weight", 0, f },
		{ NET_GATEUP, "ffn_up.weight", f, 0 },
		{ NET_DOWN, "ffn_down.weight", 0, 0 },
	};
	char name[64];

	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		snprintf(name, sizeof name, "blk.%u.%s", l, part[i].name);
		if (read_part(n, g, part[i].kind, l, name, part[i].from, part[i].to, err, errlen))
			return -1;
	}
	return 0;
}

static int read_net(net *n, const gguf *g, const gguf *code, char *err, size_t errlen)
{
	for (uint32_t l = 0; l < n->c.layers; l++)
		if (read_layer(n, g, l, err, errlen))
			return -1;
	if (read_part(n, g, NET_EMBED, 0, "token_embd.weight", 0, 0, err, errlen) ||
	    read_part(n, g, NET_NORM, 0, "output_norm.weight", 0, 0, err, errlen) ||
	    read_part(n, code, NET_CODE_A, 0, "imprint.value.A", 0, 0, err, errlen) ||
	    read_part(n, code, NET_CODE_B, 0, "imprint.value.b", 0, 0, err, errlen))
		return -1;
	if (gguf_find(code, "imprint.key_moment") &&
	    read_part(n, code, NET_MOMENT, 0, "imprint.key_moment", 0, 0, err, errlen))
		return -1;
	return net_spread(n) ? bad(err, errlen, "imprint.key_moment", "cannot be inverted") : 0;
}

/* ---- tokenizer ---- */

static void put_strings(const gguf *g, const char *key, size_t n, int typed, FILE *f)
{
	for (size_t i = 0; i < n; i++) {
		const char *s = "";
		size_t len = 0;
		int64_t type = 1;

		gguf_array_str(g, key, i, &s, &len);
		gguf_array_i64(g, "tokenizer.ggml.token_type", i, &type);
		fwrite(s, 1, len, f);
		if (typed)
			fprintf(f, "\t%d", (int)type);
		putc('\n', f);
	}
}

/* The format of tokfile.h; entries that only fill the net's vocabulary up (type 5) are left out. */
static int write_tokenizer(const gguf *g, const char *path, char *err, size_t errlen)
{
	size_t n = gguf_array_len(g, "tokenizer.ggml.tokens"), merges = gguf_array_len(g, "tokenizer.ggml.merges");
	int64_t type;
	FILE *f = fopen(path, "wb");

	if (!f)
		return bad(err, errlen, path, "cannot be written");
	while (n && gguf_array_i64(g, "tokenizer.ggml.token_type", n - 1, &type) && type == 5)
		n--;
	fprintf(f, "imprint-bpe 1\ntokens %zu\n", n);
	put_strings(g, "tokenizer.ggml.tokens", n, 1, f);
	fprintf(f, "merges %zu\n", merges);
	put_strings(g, "tokenizer.ggml.merges", merges, 0, f);
	return fclose(f) ? bad(err, errlen, path, "cannot be written") : 0;
}

static int import(const args *a, const char *value_path, char *err, size_t errlen)
{
	ckpt_state s = { .batch = a->batch, .seed = a->seed, .ema = -1, .told_ema = -1 };
	gguf *g = NULL, *code = NULL;
	net *n = NULL;
	float *zero = NULL;
	int rc = -1;

	if (gguf_open(&g, a->model, err, errlen) || gguf_open(&code, value_path, err, errlen) ||
	    read_config(g, &s.config, err, errlen) || net_new(&s.config, 1, &n, err, errlen) ||
	    read_net(n, g, code, err, errlen) || write_tokenizer(g, a->tokenizer, err, errlen))
		goto done;
	zero = calloc(n->n_param, sizeof *zero);
	if (!zero) {
		snprintf(err, errlen, "out of memory");
		goto done;
	}
	rc = ckpt_save(a->ckpt, &s, n->p, zero, zero, n->n_param, err, errlen);
done:
	free(zero);
	net_free(n);
	gguf_close(code);
	gguf_close(g);
	return rc;
}

static int args_parse(args *a, int argc, char **argv)
{
	static const struct option longs[] = { { "model", 1, NULL, 'm' }, { "ckpt", 1, NULL, 'c' },
					       { "tokenizer", 1, NULL, 't' }, { "batch-windows", 1, NULL, 'b' },
					       { "seed", 1, NULL, 's' }, { NULL, 0, NULL, 0 } };
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (opt) {
		case 'm': a->model = optarg; break;
		case 'c': a->ckpt = optarg; break;
		case 't': a->tokenizer = optarg; break;
		case 'b': a->batch = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 's': a->seed = strtoul(optarg, NULL, 10); break;
		default: return -1;
		}
	return optind == argc && a->model && a->ckpt && a->tokenizer && a->batch && a->batch <= 4096 ? 0 : -1;
}

int main(int argc, char **argv)
{
	args a = { .batch = 16, .seed = 1 };
	char err[512] = "", value[4096];
	size_t len;

	if (args_parse(&a, argc, argv)) {
		fputs("usage: import --model NAME.gguf --ckpt FILE --tokenizer FILE [--batch-windows N] [--seed N]\n", stderr);
		return 2;
	}
	len = strlen(a.model);
	if (len > 5 && !strcmp(a.model + len - 5, ".gguf"))
		len -= 5;
	snprintf(value, sizeof value, "%.*s.value.gguf", (int)len, a.model);
	if (import(&a, value, err, sizeof err)) {
		fprintf(stderr, "import: %s\n", err);
		return 1;
	}
	return 0;
}
