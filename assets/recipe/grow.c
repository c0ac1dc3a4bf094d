/*
 * grow --from A.bin --out B.bin [--ffn N] [--kv-heads N] [--hidden N] [--layers N]: a larger network that computes what the
 * smaller one did, to train on from there (Net2Net, arXiv 1511.05641). New MLP neurons, new heads and new dimensions of the
 * residual begin with outputs of zero; at one width a key-value head is copied to each of those that replace it. A new layer
 * comes behind one above the edit layer, as its copy that writes nothing yet (block expansion, LLaMA Pro, arXiv 2401.02415).
 * The optimiser's memory of what is new begins at zero; with other MLP neurons the key moment is counted afresh.
 */
#include "ckpt.h"

#include <getopt.h>
#include <math.h>
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

enum { NEW = -1 };

/* Column (or row) of the old tensor that the new one's is a copy of; NEW where there is none. */
static long old_of(size_t i, size_t from)
{
	return i < from ? (long)i : NEW;
}

/* Heads are added behind those there are, with key-value heads of their own; or, at one width, a key-value head is
 * copied to each of those that replace it. */
static long old_qkv_row(const net_config *a, const net_config *b, size_t r)
{
	size_t kv = (size_t)b->kv_heads * NET_HEAD_DIM, old_kv = (size_t)a->kv_heads * NET_HEAD_DIM, in, head;

	if (r < b->hidden)
		return old_of(r, a->hidden);
	in = (r - b->hidden) % kv;
	head = in / NET_HEAD_DIM / (a->hidden == b->hidden ? b->kv_heads / a->kv_heads : 1);
	if (head >= a->kv_heads)
		return NEW;
	return (long)(a->hidden + (r - b->hidden) / kv * old_kv + head * NET_HEAD_DIM + in % NET_HEAD_DIM);
}

static long old_row(const net_config *a, const net_config *b, const net_tensor *from, const net_tensor *t, size_t r)
{
	size_t d = b->hidden;

	switch (t->kind) {
	case NET_GATEUP:
		return r % b->ffn < a->ffn ? (long)(r / b->ffn * a->ffn + r % b->ffn) : NEW;
	case NET_QKV:
		return old_qkv_row(a, b, r);
	case NET_CODE_A:
		return r % d < a->hidden ? (long)(r / d * a->hidden + r % d) : NEW;
	default:
		return old_of(r, from->rows);
	}
}

static long old_col(const net_config *a, const net_config *b, const net_tensor *from, const net_tensor *t, size_t c)
{
	return t->kind == NET_BIAS ? old_qkv_row(a, b, c) : old_of(c, from->cols);
}

/* What is new reads at random and writes nothing, so that the network computes what it did. */
static float new_value(enum net_kind kind, uint64_t *seed)
{
	switch (kind) {
	case NET_QKV:
	case NET_GATEUP:
		return net_gauss(seed) * 0.04f;
	case NET_NORM1:
	case NET_NORM2:
	case NET_NORM:
		return 1;
	default:
		return 0;
	}
}

/* The old layer that the new network's layer l is, or is a copy of; *added tells which. The layers just above the edit
 * layer are doubled, one each. */
static uint32_t old_layer(const net_config *a, const net_config *b, uint32_t l, int *added)
{
	uint32_t first = a->edit_layer + 1, more = b->layers - a->layers, doubled = l < first ? 0 : (l - first) / 2;

	*added = l >= first && doubled < more && (l - first) % 2;
	return l < first ? l : doubled < more ? first + doubled : l - more;
}

/* A layer that is added computes as its original does and writes nothing. */
static void silence(const model *b, const net_tensor *t)
{
	for (int k = 0; k < 3; k++)
		if (k || t->kind == NET_OUT || t->kind == NET_DOWN)
			memset(b->part[k] + t->off, 0, t->rows * t->cols * sizeof(float));
}

static void copy_tensor(const model *a, model *b, const net_tensor *from, const net_tensor *to, uint64_t *seed)
{
	const net_config *ac = &a->n->c, *bc = &b->n->c;
	int norm = to->kind == NET_NORM1 || to->kind == NET_NORM2 || to->kind == NET_NORM;
	/* The mean square of a residual goes down as zeros are added to it. */
	float gain = norm ? sqrtf((float)ac->hidden / (float)bc->hidden) : 1;

	for (int k = 0; k < 3; k++)
		for (size_t r = 0; r < to->rows; r++)
			for (size_t c = 0; c < to->cols; c++) {
				long o = old_row(ac, bc, from, to, r), i = old_col(ac, bc, from, to, c);
				float *y = b->part[k] + to->off + r * to->cols + c;

				if (o != NEW && i != NEW)
					*y = gain * a->part[k][from->off + (size_t)o * from->cols + (size_t)i];
				else if (!k)
					*y = gain * new_value(to->kind, seed);
			}
}

static void grow(const model *a, model *b)
{
	uint64_t seed = 1;

	for (size_t i = 0; i < b->n->n_tensor; i++) {
		int added;
		const net_tensor *to = b->n->tensor + i;
		const net_tensor *from = net_find(a->n, to->kind, old_layer(&a->n->c, &b->n->c, to->layer, &added));

		if (from->rows == to->rows || (to->kind != NET_MOMENT && to->kind != NET_SPREAD))
			copy_tensor(a, b, from, to, &seed);
		if (added)
			silence(b, to);
	}
}

int main(int argc, char **argv)
{
	static const struct option longs[] = { { "from", 1, NULL, 'f' }, { "out", 1, NULL, 'o' },
					       { "ffn", 1, NULL, 'n' }, { "kv-heads", 1, NULL, 'k' },
					       { "hidden", 1, NULL, 'd' }, { "layers", 1, NULL, 'l' }, { NULL, 0, NULL, 0 } };
	const char *from = NULL, *out = NULL;
	uint32_t ffn = 0, kv = 0, hidden = 0, layers = 0;
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
		case 'd': hidden = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'l': layers = (uint32_t)strtoul(optarg, NULL, 10); break;
		default: from = NULL; optind = argc; break;
		}
	if (!from || !out || optind < argc) {
		fputs("usage: grow --from A.bin --out B.bin [--ffn N] [--kv-heads N] [--hidden N] [--layers N]\n", stderr);
		return 2;
	}
	if (ckpt_peek(from, &s, err, sizeof err) || model_new(&a, &s.config, err, sizeof err) ||
	    ckpt_load(from, &s, a.part[0], a.part[1], a.part[2], a.n->n_param, err, sizeof err))
		return die(err);
	c = s.config;
	c.ffn = ffn ? ffn : c.ffn;
	c.layers = layers ? layers : c.layers;
	if (hidden) {
		c.hidden = hidden;
		c.heads = hidden / NET_HEAD_DIM;
		c.kv_heads = c.heads * s.config.kv_heads / s.config.heads;
	} else if (kv) {
		c.kv_heads = kv;
	}
	if (c.ffn < s.config.ffn || c.hidden < s.config.hidden || (!hidden && c.kv_heads % s.config.kv_heads))
		return die("a network only grows, and key-value heads by a whole factor");
	if (c.layers < s.config.layers || c.layers > 2 * s.config.layers - s.config.edit_layer - 1)
		return die("each layer above the edit layer can be doubled, no more");
	if (hidden && kv)
		return die("with --hidden the heads follow from it");
	if (model_new(&b, &c, err, sizeof err))
		return die(err);
	grow(&a, &b);
	s.config = c;
	if (ckpt_save(out, &s, b.part[0], b.part[1], b.part[2], b.n->n_param, err, sizeof err))
		return die(err);
	printf("%zu -> %zu parameters\n", a.n->n_param, b.n->n_param);
	return 0;
}
