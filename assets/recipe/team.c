/*
 * See team.h. Phases are separated by barriers; the calling thread is member 0. Each field below says
 * who writes it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "team.h"

#include "adamw.h"
#include "muon.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ITEM_ROWS = 64, ITEM_VECTORS = 1 << 14 };

/* The key moment forgets this much a step: it is that of the last hundred steps or so. */
#define MOMENT_KEEP 0.99f

#define MUON_BETA 0.95f

typedef enum { DO_EVAL, DO_GRADIENT, DO_REDUCE, DO_MUON, DO_UPDATE, DO_QUIT } job;

/* Rows of one tensor that one thread reduces and updates. */
typedef struct item {
	const net_tensor *t;
	size_t row, rows;
	double square; /* sum of squares of its gradient; written by the thread that reduced it */
} item;

/* Rows of one tensor that are a matrix of their own: q, k and v, gate and up lie in one tensor. */
typedef struct block {
	const net_tensor *t;
	size_t row, rows;
} block;

typedef struct member {
	team *team;
	int id;
	pthread_t thread;
	net_work *work;
	muon_work *muon; /* NULL without Muon */
	float *grad; /* [n_param], zero between steps */
	net_loss loss;
} member;

struct team {
	net *n;
	int threads, fair, started;
	float *m, *v;
	member *member;
	item *items;
	size_t n_item;
	block *blocks; /* what Muon updates */
	size_t n_block;

	pthread_barrier_t begin, end;
	atomic_size_t next; /* window or item to take; reset by member 0 between phases */

	/* Written by member 0 before the begin barrier, read by all after it. */
	job job;
	const net_window *const *win;
	size_t n_win;
	adamw adam;
};

static void run_windows(member *me, int backward)
{
	team *t = me->team;
	size_t i = (size_t)me->id;

	if (t->fair)
		i = atomic_fetch_add(&t->next, 1);
	while (i < t->n_win) {
		net_run(t->n, me->work, t->win[i], backward ? me->grad : NULL, &me->loss);
		i = t->fair ? atomic_fetch_add(&t->next, 1) : i + (size_t)t->threads;
	}
}

static void reduce_item(team *t, item *it)
{
	size_t off = it->t->off + it->row * it->t->cols, n = it->rows * it->t->cols;
	float *sum = t->member[0].grad + off;
	double square = 0;

	for (int k = 1; k < t->threads; k++) {
		float *g = t->member[k].grad + off;

		for (size_t i = 0; i < n; i++)
			sum[i] += g[i];
		memset(g, 0, n * sizeof *g);
	}
	for (size_t i = 0; i < n;) {
		float part[16] = { 0 };
		size_t end = n - i < 1024 ? n : i + 1024;

		for (; i + 16 <= end; i += 16)
			for (size_t j = 0; j < 16; j++)
				part[j] += sum[i + j] * sum[i + j];
		for (; i < end; i++)
			part[0] += sum[i] * sum[i];
		for (size_t j = 0; j < 16; j++)
			square += (double)part[j];
	}
	it->square = it->t->kind == NET_MOMENT ? 0 : square;
}

static bool by_muon(const net_tensor *x)
{
	return x->kind == NET_QKV || x->kind == NET_OUT || x->kind == NET_GATEUP || x->kind == NET_DOWN;
}

static void muon_block(member *me, const block *b)
{
	team *t = me->team;
	size_t off = b->t->off + b->row * b->t->cols;

	muon_direction(me->muon, t->n->gemm, MUON_BETA, t->adam.grad_scale, t->m + off, t->member[0].grad + off, b->rows,
		       b->t->cols);
}

static void update_item(team *t, const item *it)
{
	size_t off = it->t->off + it->row * it->t->cols, n = it->rows * it->t->cols;
	float *g = t->member[0].grad + off;

	if (it->t->kind == NET_MOMENT)
		for (size_t i = 0; i < n; i++)
			t->n->p[off + i] = MOMENT_KEEP * t->n->p[off + i] + g[i];
	else if (t->n_block && by_muon(it->t))
		muon_update(t->adam.lr, t->adam.decay, t->n->p + off, g, n);
	else
		adamw_update(&t->adam, it->t->decay, t->n->p + off, t->m + off, t->v + off, g, n);
	memset(g, 0, n * sizeof *g);
	net_pack(t->n, it->t, it->row, it->rows);
}

static void do_job(member *me)
{
	team *t = me->team;
	size_t i;

	if (t->job == DO_EVAL || t->job == DO_GRADIENT) {
		me->loss = (net_loss){ 0 };
		run_windows(me, t->job == DO_GRADIENT);
		return;
	}
	while (t->job == DO_MUON && (i = atomic_fetch_add(&t->next, 1)) < t->n_block)
		muon_block(me, t->blocks + i);
	while (t->job != DO_MUON && (i = atomic_fetch_add(&t->next, 1)) < t->n_item) {
		if (t->job == DO_REDUCE)
			reduce_item(t, t->items + i);
		else
			update_item(t, t->items + i);
	}
}

static void all_do(team *t, job j)
{
	t->job = j;
	atomic_store(&t->next, 0);
	pthread_barrier_wait(&t->begin);
	if (j == DO_QUIT)
		return;
	do_job(t->member);
	pthread_barrier_wait(&t->end);
}

static void *member_main(void *arg)
{
	member *me = arg;

	for (;;) {
		pthread_barrier_wait(&me->team->begin);
		if (me->team->job == DO_QUIT)
			return NULL;
		do_job(me);
		pthread_barrier_wait(&me->team->end);
	}
}

/* Zeroed floats; large pages where the system has them. */
static float *floats_new(size_t n)
{
	size_t big = 2u << 20, bytes = (n * sizeof(float) + big - 1) / big * big;
	float *p = aligned_alloc(big, bytes);

	if (!p)
		return NULL;
#ifdef MADV_HUGEPAGE
	madvise(p, bytes, MADV_HUGEPAGE);
#endif
	memset(p, 0, bytes);
	return p;
}

static int items_make(team *t)
{
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++) {
		n = 0;
		for (size_t i = 0; i < t->n->n_tensor; i++) {
			const net_tensor *x = t->n->tensor + i;
			size_t step = x->fwd ? ITEM_ROWS : 1 + ITEM_VECTORS / x->cols;

			if (x->kind == NET_SPREAD)
				continue;
			for (size_t r = 0; r < x->rows; r += step, n++)
				if (pass)
					t->items[n] = (item){ x, r, x->rows - r < step ? x->rows - r : step, 0 };
		}
		if (!pass && !(t->items = calloc(n, sizeof *t->items)))
			return -1;
	}
	t->n_item = n;
	return 0;
}

static void block_add(team *t, const net_tensor *x, size_t row, size_t rows)
{
	t->blocks[t->n_block++] = (block){ x, row, rows };
}

/* The matrices by Muon, the largest first, so that the threads end together. */
static int blocks_make(team *t)
{
	const net_config *c = &t->n->c;
	size_t kv = (size_t)c->kv_heads * NET_HEAD_DIM;

	t->blocks = calloc(7 * (size_t)c->layers, sizeof *t->blocks);
	if (!t->blocks)
		return -1;
	for (uint32_t l = 0; l < c->layers; l++) {
		block_add(t, net_find(t->n, NET_GATEUP, l), 0, c->ffn);
		block_add(t, net_find(t->n, NET_GATEUP, l), c->ffn, c->ffn);
		block_add(t, net_find(t->n, NET_DOWN, l), 0, c->hidden);
	}
	for (uint32_t l = 0; l < c->layers; l++) {
		block_add(t, net_find(t->n, NET_QKV, l), 0, c->hidden);
		block_add(t, net_find(t->n, NET_OUT, l), 0, c->hidden);
		block_add(t, net_find(t->n, NET_QKV, l), c->hidden, kv);
		block_add(t, net_find(t->n, NET_QKV, l), c->hidden + kv, kv);
	}
	return 0;
}

static int members_make(team *t, bool muon)
{
	const net_config *c = &t->n->c;

	t->member = calloc((size_t)t->threads, sizeof *t->member);
	t->m = floats_new(t->n->n_param);
	t->v = floats_new(t->n->n_param);
	if (!t->member || !t->m || !t->v || items_make(t) || (muon && blocks_make(t)))
		return -1;
	for (int i = 0; i < t->threads; i++) {
		member *me = t->member + i;

		me->team = t;
		me->id = i;
		me->grad = floats_new(t->n->n_param);
		if (!me->grad || net_work_new(t->n, &me->work) ||
		    (muon && !(me->muon = muon_new(c->hidden, c->hidden > c->ffn ? c->hidden : c->ffn))))
			return -1;
	}
	return 0;
}

int team_new(net *n, int threads, int fair, bool muon, team **out, char *err, size_t errlen)
{
	team *t = calloc(1, sizeof *t);

	if (!t) {
		snprintf(err, errlen, "out of memory");
		return -1;
	}
	t->n = n;
	t->threads = threads;
	t->fair = fair;
	if (members_make(t, muon)) {
		snprintf(err, errlen, "out of memory");
		team_free(t);
		return -1;
	}
	/* Barriers count the threads, so all of them must exist; memory was the likely failure. */
	pthread_barrier_init(&t->begin, NULL, (unsigned)threads);
	pthread_barrier_init(&t->end, NULL, (unsigned)threads);
	for (t->started = 1; t->started < threads; t->started++)
		if (pthread_create(&t->member[t->started].thread, NULL, member_main, t->member + t->started)) {
			snprintf(err, errlen, "cannot start %d threads", threads);
			for (int i = 1; i < t->started; i++) {
				pthread_cancel(t->member[i].thread);
				pthread_join(t->member[i].thread, NULL);
			}
			t->started = 0;
			team_free(t);
			return -1;
		}
	*out = t;
	return 0;
}

void team_free(team *t)
{
	if (!t)
		return;
	if (t->started) {
		all_do(t, DO_QUIT);
		for (int i = 1; i < t->threads; i++)
			pthread_join(t->member[i].thread, NULL);
		pthread_barrier_destroy(&t->begin);
		pthread_barrier_destroy(&t->end);
	}
	for (int i = 0; t->member && i < t->threads; i++) {
		free(t->member[i].grad);
		net_work_free(t->member[i].work);
		muon_free(t->member[i].muon);
	}
	free(t->member);
	free(t->items);
	free(t->blocks);
	free(t->m);
	free(t->v);
	free(t);
}

float *team_m(team *t)
{
	return t->m;
}

float *team_v(team *t)
{
	return t->v;
}

static net_loss run_all(team *t, const net_window *const *win, size_t n_win, job j)
{
	net_loss all = { 0 };

	t->win = win;
	t->n_win = n_win;
	all_do(t, j);
	for (int i = 0; i < t->threads; i++) {
		const net_loss *l = &t->member[i].loss;

		all.sum += l->sum;
		all.weight += l->weight;
		all.told_sum += l->told_sum;
		all.told_weight += l->told_weight;
	}
	return all;
}

net_loss team_eval(team *t, const net_window *const *win, size_t n_win)
{
	return run_all(t, win, n_win, DO_EVAL);
}

net_loss team_gradient(team *t, const net_window *const *win, size_t n_win, double *norm)
{
	net_loss loss = run_all(t, win, n_win, DO_GRADIENT);
	double square = 0;

	all_do(t, DO_REDUCE);
	for (size_t i = 0; i < t->n_item; i++)
		square += t->items[i].square;
	*norm = sqrt(square);
	return loss;
}

void team_update(team *t, float lr, double norm, uint64_t step)
{
	t->adam = adamw_make(lr, norm > 1 ? (float)(1 / norm) : 1.f, step);
	if (t->n_block)
		all_do(t, DO_MUON);
	all_do(t, DO_UPDATE);
}
