/*
 * pool: threads that run one function together and wait for each other. A wait spins for some
 * microseconds, since the next piece of work of a forward pass usually follows at once, and then
 * sleeps on a condition variable.
 *
 * Every wait is for a word to change. The one who changes it wakes the sleepers, if any: both sides
 * use sequentially consistent accesses, so that either the sleeper sees the new word or the waker
 * sees the sleeper.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "engine_int.h"

enum { POOL_MAX_THREADS = 256, POOL_SPINS = 1000 };

typedef struct pool_thread {
	pool *p;
	int index;
	pthread_t id;
} pool_thread;

struct pool {
	int n; /* threads, the caller included */
	int n_started;
	pool_thread *threads; /* [n], the first unused */

	/* Set by the caller before `round` grows; read by the others after they saw it. */
	void (*fn)(void *arg, int i, int n);
	void *arg;
	bool quit;

	atomic_uint round;   /* one more for each pool_run */
	atomic_uint done;    /* threads that finished this round */
	atomic_uint arrived; /* threads at the barrier */
	atomic_uint phase;   /* barriers passed */

	pthread_mutex_t lock; /* only to sleep and to wake */
	pthread_cond_t wake;
	atomic_int sleepers;
};

static inline void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Returns once *word is no longer old. */
static void wait_while(pool *p, atomic_uint *word, unsigned old)
{
	for (int i = 0; i < POOL_SPINS; i++) {
		if (atomic_load_explicit(word, memory_order_acquire) != old)
			return;
		relax();
	}
	pthread_mutex_lock(&p->lock);
	atomic_fetch_add(&p->sleepers, 1);
	while (atomic_load(word) == old)
		pthread_cond_wait(&p->wake, &p->lock);
	atomic_fetch_sub(&p->sleepers, 1);
	pthread_mutex_unlock(&p->lock);
}

static void step(pool *p, atomic_uint *word)
{
	atomic_fetch_add(word, 1);
	if (!atomic_load(&p->sleepers))
		return;
	pthread_mutex_lock(&p->lock);
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

static void *thread_main(void *arg)
{
	pool_thread *t = arg;
	pool *p = t->p;
	for (unsigned round = 0;; round++) {
		wait_while(p, &p->round, round);
		if (p->quit)
			return NULL;
		p->fn(p->arg, t->index, p->n);
		step(p, &p->done);
	}
}

int pool_size(const pool *p) { return p->n; }

void pool_run(pool *p, void (*fn)(void *arg, int i, int n), void *arg)
{
	if (p->n == 1) {
		fn(arg, 0, 1);
		return;
	}
	p->fn = fn;
	p->arg = arg;
	atomic_store(&p->done, 0);
	step(p, &p->round);
	fn(arg, 0, p->n);
	for (unsigned have; (have = atomic_load(&p->done)) != (unsigned)(p->n - 1);)
		wait_while(p, &p->done, have);
}

void pool_barrier(pool *p)
{
	unsigned phase = atomic_load(&p->phase);
	if (atomic_fetch_add(&p->arrived, 1) + 1 == (unsigned)p->n) {
		atomic_store(&p->arrived, 0);
		step(p, &p->phase);
		return;
	}
	wait_while(p, &p->phase, phase);
}

int pool_new(pool **out, int n_threads)
{
	int n = n_threads < 1 ? 1 : n_threads < POOL_MAX_THREADS ? n_threads : POOL_MAX_THREADS;
	pool *p = calloc(1, sizeof(*p));
	if (!p)
		return ENGINE_ENOMEM;
	p->threads = calloc((size_t)n, sizeof(*p->threads));
	if (!p->threads) {
		free(p);
		return ENGINE_ENOMEM;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	/* Threads see p->n only in a round, which starts after it is final. */
	for (n = n - 1; p->n_started < n; p->n_started++) {
		pool_thread *t = &p->threads[p->n_started + 1];
		t->p = p;
		t->index = p->n_started + 1;
		if (pthread_create(&t->id, NULL, thread_main, t))
			break; /* fewer threads do the same work */
	}
	p->n = p->n_started + 1;
	*out = p;
	return ENGINE_OK;
}

void pool_free(pool *p)
{
	if (!p)
		return;
	p->quit = true;
	step(p, &p->round);
	for (int i = 1; i <= p->n_started; i++)
		pthread_join(p->threads[i].id, NULL);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p);
}
