/* Parameters of the network and the choice of the compiled form. The mathematics is in net_body.inc. */
#include "net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t net_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

float net_gauss(uint64_t *state)
{
	double u = ((double)(net_random(state) >> 11) + 1) * 0x1p-53;
	double v = (double)(net_random(state) >> 11) * 0x1p-53;

	return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

net_config net_config_default(void)
{
	return (net_config){ .hidden = 256, .layers = 8, .heads = 4, .kv_heads = 4, .ffn = 1024,
			     .vocab = 4096, .ctx = 512, .edit_layer = 2, .banks = 1 };
}

int net_config_check(const net_config *c, char *err, size_t errlen)
{
	const char *bad = NULL;

	if (c->heads < 1 || c->heads > 64 || c->hidden != c->heads * NET_HEAD_DIM)
		bad = "hidden must be 64 * heads";
	else if (c->kv_heads < 1 || c->heads % c->kv_heads)
		bad = "heads must be a multiple of kv heads";
	else if (c->ffn < 32 || c->ffn % 32 || c->ffn > 65536)
		bad = "ffn must be a multiple of 32";
	else if (c->vocab < 32 || c->vocab % 32 || c->vocab > 65536)
		bad = "vocab must be a multiple of 32, at most 65536";
	else if (c->ctx < 32 || c->ctx % 32 || c->ctx > 8192)
		bad = "ctx must be a multiple of 32, at most 8192";
	else if (c->layers < 1 || c->layers > 256 || c->edit_layer >= c->layers)
		bad = "the edit layer must be one of the layers";
	else if (c->banks < 1 || c->banks > 15) /* VALUE_CODE_BANKS_MAX of the engine */
		bad = "there are 1 to 15 banks";
	if (bad)
		snprintf(err, errlen, "%s", bad);
	return bad ? -1 : 0;
}

static void tensor_add(net *n, enum net_kind kind, uint32_t layer, size_t rows, size_t cols, int decay)
{
	n->tensor[n->n_tensor++] = (net_tensor){ .kind = kind, .layer = layer, .off = n->n_param,
						 .rows = rows, .cols = cols, .decay = decay };
	n->n_param += rows * cols;
}

static int is_packed(const net_tensor *t)
{
	return t->kind == NET_EMBED || t->kind == NET_QKV || t->kind == NET_OUT ||
	       t->kind == NET_GATEUP || t->kind == NET_DOWN;
}

static int tensors_make(net *n)
{
	const net_config *c = &n->c;
	size_t d = c->hidden, f = c->ffn, qkv = d + 2 * (size_t)c->kv_heads * NET_HEAD_DIM;

	n->tensor = calloc(6 + 7 * (size_t)c->layers, sizeof *n->tensor);
	if (!n->tensor)
		return -1;
	tensor_add(n, NET_EMBED, 0, c->vocab, d, 1);
	for (uint32_t l = 0; l < c->layers; l++) {
		tensor_add(n, NET_NORM1, l, 1, d, 0);
		tensor_add(n, NET_QKV, l, qkv, d, 1);
		tensor_add(n, NET_BIAS, l, 1, qkv, 0);
		tensor_add(n, NET_OUT, l, d, d, 1);
		tensor_add(n, NET_NORM2, l, 1, d, 0);
		tensor_add(n, NET_GATEUP, l, 2 * f, d, 1);
		tensor_add(n, NET_DOWN, l, d, f, 1);
	}
	tensor_add(n, NET_NORM, 0, 1, d, 0);
	tensor_add(n, NET_CODE_A, 0, (size_t)c->banks * NET_VALUE_TOKENS * d, d, 0);
	tensor_add(n, NET_CODE_B, 0, c->banks, d, 0);
	tensor_add(n, NET_MOMENT, 0, f, f, 0);
	tensor_add(n, NET_SPREAD, 0, f, f, 0);
	return 0;
}

static int packed_make(net *n)
{
	size_t total = 0, e = n->ops->elem_size;
	char *at;

	for (size_t i = 0; i < n->n_tensor; i++)
		if (is_packed(n->tensor + i))
			total += 2 * (n->tensor[i].rows * n->tensor[i].cols * e + 64);
	total = (total + 63) / 64 * 64;
	n->mem = at = aligned_alloc(64, total);
	n->p = aligned_alloc(64, (n->n_param * sizeof(float) + 63) / 64 * 64);
	n->rope = malloc((size_t)n->c.ctx * NET_HEAD_DIM * sizeof(float));
	if (!at || !n->p || !n->rope)
		return -1;
	memset(n->p, 0, n->n_param * sizeof(float));
	for (size_t i = 0; i < n->n_tensor; i++) {
		net_tensor *t = n->tensor + i;
		size_t bytes = (t->rows * t->cols * e + 63) / 64 * 64;

		if (!is_packed(t))
			continue;
		t->fwd = at;
		t->bwd = at + bytes;
		at += 2 * bytes;
	}
	return 0;
}

static void rope_make(net *n)
{
	size_t half = NET_HEAD_DIM / 2;

	for (size_t t = 0; t < n->c.ctx; t++)
		for (size_t i = 0; i < half; i++) {
			double a = (double)t * pow(10000., -2. * (double)i / NET_HEAD_DIM);

			n->rope[t * half + i] = (float)cos(a);
			n->rope[(n->c.ctx + t) * half + i] = (float)sin(a);
		}
}

static const net_ops *ops_choose(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
		return &net_ops_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return &net_ops_avx2;
#endif
	return &net_ops_base;
}

int net_new(const net_config *c, int reference, net **out, char *err, size_t errlen)
{
	net *n;

	if (net_config_check(c, err, errlen))
		return -1;
	n = calloc(1, sizeof *n);
	if (n) {
		gemm_kernel k = reference ? (gemm_kernel){ "float", gemm_float, 0 } : gemm_choose();

		n->c = *c;
		n->ops = reference ? &net_ops_float : ops_choose();
		n->gemm = k.fn;
		n->gemm_name = k.name;
	}
	if (!n || tensors_make(n) || packed_make(n)) {
		snprintf(err, errlen, "out of memory");
		net_free(n);
		return -1;
	}
	rope_make(n);
	*out = n;
	return 0;
}

void net_free(net *n)
{
	if (!n)
		return;
	free(n->mem);
	free(n->p);
	free(n->rope);
	free(n->tensor);
	free(n);
}

const net_tensor *net_find(const net *n, enum net_kind kind, uint32_t layer)
{
	if (kind == NET_EMBED)
		return n->tensor;
	if (kind >= NET_NORM)
		return n->tensor + 1 + 7 * (size_t)n->c.layers + (kind - NET_NORM);
	return n->tensor + 1 + 7 * (size_t)layer + (kind - NET_NORM1);
}

/* Standard deviation of a tensor's start; 0 = zeros, negative = ones. */
static double init_sd(const net *n, const net_tensor *t)
{
	double fan = 1 / sqrt((double)t->cols), deep = 1 / sqrt(2. * n->c.layers);

	switch (t->kind) {
	case NET_EMBED:
		return 0.02;
	case NET_QKV:
	case NET_GATEUP:
		return 0.7 * fan;
	case NET_OUT:
	case NET_DOWN:
		return 0.7 * fan * deep;
	case NET_CODE_A:
		return 0.5 * fan;
	case NET_BIAS:
	case NET_CODE_B:
	case NET_MOMENT:
	case NET_SPREAD:
		return 0;
	default:
		return -1;
	}
}

void net_init(net *n, uint64_t seed)
{
	for (size_t i = 0; i < n->n_tensor; i++) {
		const net_tensor *t = n->tensor + i;
		double sd = init_sd(n, t);

		for (size_t j = 0; j < t->rows * t->cols; j++)
			n->p[t->off + j] = sd < 0 ? 1.f : sd > 0 ? (float)sd * net_gauss(&seed) : 0.f;
	}
}

void net_pack(const net *n, const net_tensor *t, size_t row0, size_t rows)
{
	if (t->fwd)
		n->ops->pack(n, t, row0, rows);
}

void net_pack_all(net *n)
{
	for (size_t i = 0; i < n->n_tensor; i++)
		net_pack(n, n->tensor + i, 0, n->tensor[i].rows);
}

int net_work_new(const net *n, net_work **out)
{
	return n->ops->work_new(n, out);
}

void net_work_free(net_work *w)
{
	free(w); /* one block, see work_new */
}

void net_run(const net *n, net_work *w, const net_window *win, float *grad, net_loss *loss)
{
	if (win->n)
		n->ops->run(n, w, win, grad, loss);
}
