/*
 * export: a checkpoint of train becomes NAME.gguf (standard qwen2, read by any engine) and
 * NAME.value.gguf beside it (the value code: the editor's warm start).
 *
 *   export --ckpt FILE --tokenizer FILE --out NAME.gguf [--f32] [--context N] [--name TEXT]
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ckpt.h"
#include "gguf_write.h"
#include "tokfile.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ChatML without a default system turn. */
static const char chat_template[] =
	"{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
	"'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
	"{% endif %}";

typedef struct args {
	const char *ckpt, *tokenizer, *out, *name;
	uint32_t context;
	int f32;
} args;

/* ---- tokenizer ---- */

/* The vocabulary of the net may be larger than the tokenizer's: the rest is marked unused (type 5). */
static int write_vocab(gguf_write *g, const tokfile *tok, uint32_t vocab)
{
	char **text = calloc(vocab, sizeof *text), *pad = calloc(vocab, 16);
	int32_t *type = calloc(vocab, sizeof *type);
	int bad = !text || !type || !pad;

	for (uint32_t i = 0; !bad && i < vocab; i++) {
		snprintf(pad + 16 * (size_t)i, 16, "[PAD%u]", i);
		text[i] = i < tok->n_token ? tok->token[i] : pad + 16 * (size_t)i;
		type[i] = i < tok->n_token ? tok->type[i] : 5;
	}
	if (!bad) {
		gguf_write_string(g, "tokenizer.ggml.model", "gpt2");
		gguf_write_string(g, "tokenizer.ggml.pre", "qwen2");
		gguf_write_strings(g, "tokenizer.ggml.tokens", text, vocab);
		gguf_write_i32s(g, "tokenizer.ggml.token_type", type, vocab);
		gguf_write_strings(g, "tokenizer.ggml.merges", tok->merge, tok->n_merge);
		gguf_write_u32(g, "tokenizer.ggml.eos_token_id", (uint32_t)tokfile_find(tok, "<|im_end|>"));
		gguf_write_u32(g, "tokenizer.ggml.bos_token_id", (uint32_t)tokfile_find(tok, "<|endoftext|>"));
		gguf_write_u32(g, "tokenizer.ggml.padding_token_id",
			       (uint32_t)tokfile_find(tok, "<|endoftext|>"));
		gguf_write_bool(g, "tokenizer.ggml.add_bos_token", 0);
		gguf_write_string(g, "tokenizer.chat_template", chat_template);
	}
	free(text);
	free(pad);
	free(type);
	return bad ? -1 : 0;
}

static const char *tokenizer_check(const tokfile *tok, uint32_t vocab)
{
	if (tok->n_token > vocab)
		return "has more tokens than the net";
	if (tokfile_find(tok, "<|im_end|>") < 0 || tokfile_find(tok, "<|endoftext|>") < 0 ||
	    tokfile_find(tok, "<|im_start|>") < 0)
		return "lacks <|endoftext|>, <|im_start|> or <|im_end|>";
	return NULL;
}

/* ---- the net ---- */

static void write_hparams(gguf_write *g, const net_config *c, const args *a)
{
	gguf_write_string(g, "general.architecture", "qwen2");
	gguf_write_string(g, "general.name", a->name);
	gguf_write_string(g, "general.license", "mit");
	gguf_write_u32(g, "general.file_type", a->f32 ? 0 : 7);
	gguf_write_u32(g, "general.alignment", 32);
	gguf_write_u32(g, "qwen2.block_count", c->layers);
	gguf_write_u32(g, "qwen2.context_length", a->context ? a->context : c->ctx);
	gguf_write_u32(g, "qwen2.embedding_length", c->hidden);
	gguf_write_u32(g, "qwen2.feed_forward_length", c->ffn);
	gguf_write_u32(g, "qwen2.attention.head_count", c->heads);
	gguf_write_u32(g, "qwen2.attention.head_count_kv", c->kv_heads);
	gguf_write_f32(g, "qwen2.rope.freq_base", 10000.f);
	gguf_write_f32(g, "qwen2.attention.layer_norm_rms_epsilon", 1e-6f);
	gguf_write_u32(g, "imprint.edit_layer", c->edit_layer);
	gguf_write_u32(g, "imprint.version", 1);
}

/* One tensor of a layer, or rows of it: rows from .. from + rows of a matrix, or of a vector's columns. */
static void write_part(gguf_write *g, const net *n, enum net_kind kind, uint32_t layer, const char *name,
		       size_t from, size_t rows, int f32)
{
	const net_tensor *t = net_find(n, kind, layer);
	const float *p = n->p + t->off;
	char full[64];

	snprintf(full, sizeof full, "blk.%u.%s", layer, name);
	if (t->rows == 1)
		gguf_write_tensor(g, full, GGUF_WRITE_F32, p + from, 0, rows ? rows : t->cols);
	else
		gguf_write_tensor(g, full, f32 ? GGUF_WRITE_F32 : GGUF_WRITE_Q8_0, p + from * t->cols,
				  rows ? rows : t->rows, t->cols);
}

static void write_tensors(gguf_write *g, const net *n, int f32)
{
	size_t d = n->c.hidden, kv = (size_t)n->c.kv_heads * NET_HEAD_DIM, f = n->c.ffn;
	const net_tensor *e = net_find(n, NET_EMBED, 0), *last = net_find(n, NET_NORM, 0);

	gguf_write_tensor(g, "token_embd.weight", f32 ? GGUF_WRITE_F32 : GGUF_WRITE_Q8_0, n->p + e->off,
			  e->rows, e->cols);
	for (uint32_t l = 0; l < n->c.layers; l++) {
		write_part(g, n, NET_NORM1, l, "attn_norm.weight", 0, 0, f32);
		write_part(g, n, NET_QKV, l, "attn_q.weight", 0, d, f32);
		write_part(g, n, NET_BIAS, l, "attn_q.bias", 0, d, f32);
		write_part(g, n, NET_QKV, l, "attn_k.weight", d, kv, f32);
		write_part(g, n, NET_BIAS, l, "attn_k.bias", d, kv, f32);
		write_part(g, n, NET_QKV, l, "attn_v.weight", d + kv, kv, f32);
		write_part(g, n, NET_BIAS, l, "attn_v.bias", d + kv, kv, f32);
		write_part(g, n, NET_OUT, l, "attn_output.weight", 0, 0, f32);
		write_part(g, n, NET_NORM2, l, "ffn_norm.weight", 0, 0, f32);
		write_part(g, n, NET_GATEUP, l, "ffn_gate.weight", 0, f, f32);
		write_part(g, n, NET_GATEUP, l, "ffn_up.weight", f, f, f32);
		write_part(g, n, NET_DOWN, l, "ffn_down.weight", 0, 0, f32);
	}
	gguf_write_tensor(g, "output_norm.weight", GGUF_WRITE_F32, n->p + last->off, 0, last->cols);
}

static int write_model(const net *n, const tokfile *tok, const args *a, char *err, size_t errlen)
{
	gguf_write *g = gguf_write_new();
	int rc = -1;

	if (!g) {
		snprintf(err, errlen, "out of memory");
		return -1;
	}
	write_hparams(g, &n->c, a);
	if (write_vocab(g, tok, n->c.vocab)) {
		snprintf(err, errlen, "out of memory");
	} else {
		write_tensors(g, n, a->f32);
		rc = gguf_write_finish(g, a->out, err, errlen);
	}
	gguf_write_free(g);
	return rc;
}

static int write_code(const net *n, const args *a, const char *path, char *err, size_t errlen)
{
	const net_tensor *A = net_find(n, NET_CODE_A, 0), *b = net_find(n, NET_CODE_B, 0);
	gguf_write *g = gguf_write_new();
	int rc;

	if (!g) {
		snprintf(err, errlen, "out of memory");
		return -1;
	}
	gguf_write_string(g, "general.architecture", "imprint-value");
	gguf_write_string(g, "general.name", a->name);
	gguf_write_u32(g, "general.alignment", 32);
	gguf_write_u32(g, "imprint.version", 1);
	gguf_write_u32(g, "imprint.edit_layer", n->c.edit_layer);
	gguf_write_u32(g, "imprint.value.banks", n->c.banks);
	gguf_write_u32(g, "imprint.value.tokens", NET_VALUE_TOKENS);
	gguf_write_tensor(g, "imprint.value.A", a->f32 ? GGUF_WRITE_F32 : GGUF_WRITE_F16, n->p + A->off, A->rows,
			  A->cols);
	gguf_write_tensor(g, "imprint.value.b", GGUF_WRITE_F32, n->p + b->off, b->rows, b->cols);
	rc = gguf_write_finish(g, path, err, errlen);
	gguf_write_free(g);
	return rc;
}

static int export(const args *a, const char *value_path, char *err, size_t errlen)
{
	ckpt_state s;
	tokfile tok = { 0 };
	net *n = NULL;
	const char *bad;
	int rc = -1;

	/* The reference form does no packing that would matter here. */
	if (ckpt_peek(a->ckpt, &s, err, errlen) || net_new(&s.config, 1, &n, err, errlen) ||
	    ckpt_load(a->ckpt, &s, n->p, NULL, NULL, n->n_param, err, errlen) ||
	    tokfile_read(&tok, a->tokenizer, err, errlen))
		goto done;
	bad = tokenizer_check(&tok, s.config.vocab);
	if (bad) {
		snprintf(err, errlen, "%s: %s", a->tokenizer, bad);
		goto done;
	}
	if (write_model(n, &tok, a, err, errlen) || write_code(n, a, value_path, err, errlen))
		goto done;
	printf("%s and %s: step %llu, %.1fM tokens, %zu of %u vocabulary entries used\n", a->out, value_path,
	       (unsigned long long)s.step, (double)s.tokens / 1e6, tok.n_token, s.config.vocab);
	rc = 0;
done:
	tokfile_release(&tok);
	net_free(n);
	return rc;
}

static int args_parse(args *a, int argc, char **argv)
{
	static const struct option longs[] = { { "ckpt", 1, NULL, 'c' }, { "tokenizer", 1, NULL, 't' },
					       { "out", 1, NULL, 'o' }, { "f32", 0, NULL, 'f' },
					       { "context", 1, NULL, 'n' }, { "name", 1, NULL, 'm' },
					       { NULL, 0, NULL, 0 } };
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (opt) {
		case 'c': a->ckpt = optarg; break;
		case 't': a->tokenizer = optarg; break;
		case 'o': a->out = optarg; break;
		case 'f': a->f32 = 1; break;
		case 'n': a->context = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'm': a->name = optarg; break;
		default: return -1;
		}
	return optind == argc && a->ckpt && a->tokenizer && a->out ? 0 : -1;
}

int main(int argc, char **argv)
{
	args a = { .name = "imprint-base" };
	char err[512], value[4096];
	size_t len;

	if (args_parse(&a, argc, argv)) {
		fputs("usage: export --ckpt FILE --tokenizer FILE --out NAME.gguf [--f32] [--context N] [--name TEXT]\n",
		      stderr);
		return 2;
	}
	len = strlen(a.out);
	if (len > 5 && !strcmp(a.out + len - 5, ".gguf"))
		len -= 5;
	snprintf(value, sizeof value, "%.*s.value.gguf", (int)len, a.out);
	if (export(&a, value, err, sizeof err)) {
		fprintf(stderr, "export: %s\n", err);
		return 1;
	}
	return 0;
}
