/*
 * The network the trainer trains: qwen2 (RMSNorm, half-split RoPE, grouped-query attention with qkv
 * bias, SwiGLU, tied embedding) plus the value channel: at marked positions the vector
 *
 *     delta = b[bank] + sum over t < n of A[bank][t] e(value token t)
 *
 * is added to the residual after the edit layer's MLP; A and b are learned with the rest, e is the
 * embedding row (no gradient goes into it). In part of the windows it comes in as the weight edit would bring
 * it, see net_channel.inc.
 *
 * One window of at most ctx tokens is the unit of work: net_run does it forward and backward. A token
 * attends to the tokens of its own document only. Weights are float; matrix inputs are bfloat16
 * (or float in the reference mode, which exists to check gradients).
 *
 * Threads: a net is shared and read-only during net_run; each thread has its own net_work and its own
 * gradient buffer. The weights change between two rounds of net_run only.
 */
#ifndef RECIPE_NET_H
#define RECIPE_NET_H

#include "gemm.h"

#include <stddef.h>
#include <stdint.h>

enum { NET_HEAD_DIM = 64, NET_VALUE_TOKENS = 16 };

typedef struct net_config {
	uint32_t hidden; /* = 64 * heads */
	uint32_t layers;
	uint32_t heads;
	uint32_t kv_heads;
	uint32_t ffn;
	uint32_t vocab; /* at most 65536 */
	uint32_t ctx;   /* tokens in a window */
	uint32_t edit_layer;
	uint32_t banks; /* value codes */
} net_config;

/* 256/8/4/4/1024/4096, windows of 512, edit layer 2, one bank: 9.4 million weights and the code. */
net_config net_config_default(void);

/* 0, or -1 with a sentence in err. */
int net_config_check(const net_config *c, char *err, size_t errlen);

enum net_kind {
	NET_EMBED,  /* [vocab, hidden] */
	NET_NORM1,  /* [1, hidden] */
	NET_QKV,    /* [hidden + 2 * kv_heads * 64, hidden]: rows of q, then k, then v */
	NET_BIAS,   /* [1, the rows of NET_QKV] */
	NET_OUT,    /* [hidden, hidden] */
	NET_NORM2,  /* [1, hidden] */
	NET_GATEUP, /* [2 * ffn, hidden]: rows of gate, then of up */
	NET_DOWN,   /* [hidden, ffn] */
	NET_NORM,   /* [1, hidden], the last norm */
	NET_CODE_A, /* [banks * 16 * hidden, hidden] */
	NET_CODE_B, /* [banks, hidden] */
	NET_MOMENT, /* [ffn, ffn] second moment of the edit layer's keys, any scale; counted, not learned */
	NET_SPREAD, /* [ffn, ffn] inverse of it with a ridge, all zero = none yet; worked out, not learned */
	NET_KINDS
};

/* One parameter tensor [rows, cols], row-major, at p + off. Layer tensors say which layer. */
typedef struct net_tensor {
	enum net_kind kind;
	uint32_t layer;
	size_t off, rows, cols;
	int decay;       /* weight decay applies */
	void *fwd, *bwd; /* packed for y = x W^T [cols, rows] and for dx = dy W [rows, cols]; or NULL */
} net_tensor;

/* A value vector to add at row pos of the window. */
typedef struct net_inject {
	uint32_t pos;
	uint16_t n, bank;
	uint16_t tok[NET_VALUE_TOKENS];
} net_inject;

/* With probability prob a vector is scaled by [scale_lo, scale_hi] and gets Gaussian noise of
 * [0, max_rel] times its norm. With probability solve the window's vectors come through a weight edit with the
 * relative ridge; then a document gets, with probability others, those of other documents too, times a gain of
 * [1, others_gain]. A function of seed, window and weights only. */
typedef struct net_noise {
	float prob, max_rel, scale_lo, scale_hi;
	float solve, ridge, others, others_gain;
	int count_keys; /* the window's keys go into the gradient's place of NET_MOMENT */
	uint64_t seed;
} net_noise;

typedef struct net_window {
	size_t n; /* tokens, at most ctx */
	const uint16_t *tok;    /* [n] */
	const uint32_t *start;  /* [n] row where the token's document starts, at most its own row */
	const uint16_t *target; /* [n] token to predict after this one */
	const float *weight;    /* [n] weight of that prediction, 0 = none */
	const uint8_t *told;    /* [n] 1 when a value vector lies before it in its document, or NULL */
	const net_inject *inject;
	size_t n_inject;
	net_noise noise;
	float scale; /* the loss's gradient is scaled by this: 1 / total weight of the step */
} net_window;

/* Sums over predictions: weighted loss in nats and weights; the same for those with told = 1. */
typedef struct net_loss {
	double sum, weight, told_sum, told_weight;
} net_loss;

typedef struct net_work net_work;
typedef struct net net;
typedef struct net_ops net_ops;

struct net {
	net_config c;
	size_t n_param;
	float *p; /* [n_param] */
	net_tensor *tensor;
	size_t n_tensor;
	float *rope; /* [ctx, 32] cosines, then the same of sines */

	const net_ops *ops;
	gemm_fn gemm;
	const char *gemm_name;
	void *mem; /* one block that holds the packed weights */
};

/* The same network compiled for several instruction sets, and once with float matrix inputs. */
struct net_ops {
	const char *name;
	size_t elem_size; /* bytes of a matrix input */
	int (*work_new)(const net *n, net_work **out);
	void (*run)(const net *n, net_work *w, const net_window *win, float *grad, net_loss *loss);
	void (*pack)(const net *n, const net_tensor *t, size_t row0, size_t rows);
};

extern const net_ops net_ops_float, net_ops_base, net_ops_avx2, net_ops_avx512;

/*
 * Makes a net with zeroed parameters. reference: float matrix inputs and plain products (slow).
 * Returns 0, or -1 with err; *out is untouched then. net_free takes NULL.
 */
int net_new(const net_config *c, int reference, net **out, char *err, size_t errlen);
void net_free(net *n);

/* Random start. Call net_pack_all after it and after every other change of n->p. */
void net_init(net *n, uint64_t seed);
void net_pack_all(net *n);

/* Packs rows row0 .. row0 + rows (multiples of 32) of a matrix again; nothing to do for a vector. */
void net_pack(const net *n, const net_tensor *t, size_t row0, size_t rows);

/* Works NET_SPREAD out from NET_MOMENT; nothing to do while that is zero. 0, or -1 when memory is short
 * or the moment has no inverse (NET_SPREAD is as it was then). */
int net_spread(net *n);

/* The tensor of a kind (layer is ignored where there is one only). */
const net_tensor *net_find(const net *n, enum net_kind kind, uint32_t layer);

/* 0, or -1 when memory is short. */
int net_work_new(const net *n, net_work **out);
void net_work_free(net_work *w);

/* Adds the window's loss to *loss and, when grad is not NULL, its gradient to grad [n_param]. */
void net_run(const net *n, net_work *w, const net_window *win, float *grad, net_loss *loss);

/* splitmix64: the trainer's only random generator. */
uint64_t net_random(uint64_t *state);
float net_gauss(uint64_t *state);

#endif
