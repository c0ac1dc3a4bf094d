#define _GNU_SOURCE 1
#include "fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)

bool fault_available(void)
{
	return false;
}

void fault_arm(long n)
{
	(void)n;
}

bool fault_fired(void)
{
	return false;
}

long fault_live(void)
{
	return 0;
}

#else

/* glibc's own, under the names it keeps for those who replace the public ones. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static atomic_long countdown, live;
static atomic_bool fired;

bool fault_available(void)
{
	return true;
}

void fault_arm(long n)
{
	atomic_store(&fired, false);
	atomic_store(&countdown, n);
}

bool fault_fired(void)
{
	atomic_store(&countdown, 0);
	return atomic_load(&fired);
}

long fault_live(void)
{
	return atomic_load(&live);
}

static bool fails(void)
{
	if (atomic_load(&countdown) <= 0 || atomic_fetch_sub(&countdown, 1) != 1)
		return false;
	atomic_store(&fired, true);
	errno = ENOMEM;
	return true;
}

static void *count(void *p)
{
	if (p)
		atomic_fetch_add(&live, 1);
	return p;
}

void *malloc(size_t n)
{
	return fails() ? NULL : count(__libc_malloc(n));
}

void *calloc(size_t n, size_t m)
{
	return fails() ? NULL : count(__libc_calloc(n, m));
}

void *aligned_alloc(size_t alignment, size_t n)
{
	return fails() ? NULL : count(__libc_memalign(alignment, n));
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
	void *p = fails() ? NULL : count(__libc_memalign(alignment, n));

	if (p)
		*out = p;
	return p ? 0 : ENOMEM;
}

void *realloc(void *p, size_t n)
{
	if (fails())
		return NULL;
	return p ? __libc_realloc(p, n) : count(__libc_malloc(n));
}

void free(void *p)
{
	if (p)
		atomic_fetch_sub(&live, 1);
	__libc_free(p);
}

#endif
