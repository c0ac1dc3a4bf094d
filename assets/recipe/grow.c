/*
 * grow --from A.bin --out B.bin [--ffn N] [--kv-heads N]: a larger network that computes what the smaller one did, to
 * train on from there (Net2Net, arXiv 1511.05641). New MLP neurons begin with outputs of zero; a key-value head is
 * copied to each of those that replace it. The optimiser's memory of what is new begins at zero; the key moment is
 * counted afresh.
 */
#include "ckpt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct model {
	net *n;
	float *part[3]; /* p, m, v */
} model;

static int die(const char *what)
{
	fprintf(stderr, "grow: %s\n", what);
	return 1;
}

static int model_new(model *x, const net_config *c, char *err, size_t errlen)
{
	if (net_new(c, 0, &x->n, err, errlen))
		return -1;
	x->part[0] = x->n->p;
	for (int i = 1; i < 3; i++)
		if (!(x->part[i] = calloc(x->n->n_param, sizeof(float)))) {
			snprintf(err, errlen, "out of memory");
			return -1;
		}
	return 0;
}

/* Row of the old tensor that row r of the new one is a copy of, or rows of the old one when it is new. */
static size_t old_row(const net_config *a, const net_config *b, const net_tensor *t, size_t r)
{
	size_t d = a->hidden, kv = (size_t)b->kv_heads * NET_HEAD_DIM, each = b->kv_heads / a->kv_heads, head;

	if (t->kind == NET_GATEUP)
		return r % b->ffn < a->ffn ? r / b->ffn * a->ffn + r % b->ffn : 2 * (size_t)a->ffn;
	if (t->kind != NET_QKV || r < d)
		return r;
	head = (r - d) % kv / NET_HEAD_DIM / each;
	return d + (r - d) / kv * a->kv_heads * NET_HEAD_DIM + head * NET_HEAD_DIM + r % NET_HEAD_DIM;
}

static void copy_tensor(const model *a, model *b, const net_tensor *from, const net_tensor *to, uint64_t *seed)
{
	int bias = to->kind == NET_BIAS; /* a row that grows as the rows of its matrix do */
	size_t rows = bias ? to->cols : to->rows, cols = bias ? 1 : to->cols;
	size_t from_rows = bias ? from->cols : from->rows, from_cols = bias ? 1 : from->cols;
	net_tensor as = *to;

	as.kind = bias ? NET_QKV : to->kind;
	for (int k = 0; k < 3; k++)
		for (size_t r = 0; r < rows; r++) {
			size_t o = old_row(&a->n->c, &b->n->c, &as, r);
			float *y = b->part[k] + to->off + r * cols;

			if (o < from_rows)
				memcpy(y, a->part[k] + from->off + o * from_cols, from_cols * sizeof *y);
			else if (!k)
				for (size_t i = 0; i < cols; i++)
					y[i] = net_gauss(seed) * 0.04f;
		}
}

static void grow(const model *a, model *b)
{
	uint64_t seed = 1;

	for (size_t i = 0; i < b->n->n_tensor; i++) {
		const net_tensor *to = b->n->tensor + i, *from = a->n->tensor + i;

		if (to->kind != NET_MOMENT && to->kind != NET_SPREAD)
			copy_tensor(a, b, from, to, &seed);
	}
}

int main(int argc, char **argv)
{
	static const struct option longs[] = { { "from", 1, NULL, 'f' }, { "out", 1, NULL, 'o' },
					       { "ffn", 1, NULL, 'n' }, { "kv-heads", 1, NULL, 'k' },
					       { NULL, 0, NULL, 0 } };
	const char *from = NULL, *out = NULL;
	uint32_t ffn = 0, kv = 0;
	char err[256] = "";
	ckpt_state s;
	model a = { 0 }, b = { 0 };
	net_config c;

	for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) != -1;)
		switch (o) {
		case 'f': from = optarg; break;
		case 'o': out = optarg; break;
		case 'n': ffn = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'k': kv = (uint32_t)strtoul(optarg, NULL, 10); break;
		default: from = NULL; optind = argc; break;
		}
	if (!from || !out || optind < argc) {
		fputs("usage: grow --from A.bin --out B.bin [--ffn N] [--kv-heads N]\n", stderr);
		return 2;
	}
	if (ckpt_peek(from, &s, err, sizeof err) || model_new(&a, &s.config, err, sizeof err) ||
	    ckpt_load(from, &s, a.part[0], a.part[1], a.part[2], a.n->n_param, err, sizeof err))
		return die(err);
	c = s.config;
	c.ffn = ffn ? ffn : c.ffn;
	c.kv_heads = kv ? kv : c.kv_heads;
	if (c.ffn < s.config.ffn || c.kv_heads % s.config.kv_heads)
		return die("a network only grows, and key-value heads by a whole factor");
	if (model_new(&b, &c, err, sizeof err))
		return die(err);
	grow(&a, &b);
	s.config = c;
	if (ckpt_save(out, &s, b.part[0], b.part[1], b.part[2], b.n->n_param, err, sizeof err))
		return die(err);
	printf("%zu -> %zu parameters\n", a.n->n_param, b.n->n_param);
	return 0;
}
