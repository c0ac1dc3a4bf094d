#define _GNU_SOURCE 1
#include "fault.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature) /* clang's way */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#if defined(SANITIZED) || !defined(__GLIBC__)

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

long fault_calls(void)
{
	return 0;
}

void fault_watch(void)
{
}

size_t fault_peak(void)
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

static atomic_long countdown, live, calls;
static atomic_size_t bytes, peak;
static size_t watched; /* bytes at fault_watch() */
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

long fault_calls(void)
{
	return atomic_load(&calls);
}

void fault_watch(void)
{
	watched = atomic_load(&bytes);
	atomic_store(&peak, watched);
}

static void raise_peak(void)
{
	size_t now = atomic_load(&bytes), most = atomic_load(&peak);

	while (now > most && !atomic_compare_exchange_weak(&peak, &most, now))
		;
}

size_t fault_peak(void)
{
	raise_peak();
	return atomic_load(&peak) - watched;
}

static bool fails(void)
{
	atomic_fetch_add(&calls, 1);
	if (atomic_load(&countdown) <= 0 || atomic_fetch_sub(&countdown, 1) != 1)
		return false;
	atomic_store(&fired, true);
	errno = ENOMEM;
	return true;
}

static void hold(void *p)
{
	atomic_fetch_add(&bytes, malloc_usable_size(p));
	raise_peak();
}

static void let_go(void *p)
{
	atomic_fetch_sub(&bytes, malloc_usable_size(p));
}

static void *count(void *p)
{
	if (!p)
		return NULL;
	atomic_fetch_add(&live, 1);
	hold(p);
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
	if (!p)
		return count(__libc_malloc(n));
	size_t was = malloc_usable_size(p);
	void *new = __libc_realloc(p, n);

	if (!new)
		return NULL;
	atomic_fetch_sub(&bytes, was);
	hold(new);
	return new;
}

void free(void *p)
{
	atomic_fetch_add(&calls, 1);
	if (p) {
		atomic_fetch_sub(&live, 1);
		let_go(p);
	}
	__libc_free(p);
}

/* OpenBLAS maps large buffers in threads of its own, whenever they get to it. */
static bool of_main_thread(void)
{
	return syscall(SYS_gettid) == getpid();
}

/* Bytes mapped count as they are, beside the blocks: a part of a mapping may be given back. Where that happens at once, for the
 * sake of alignment, it was not held: the peak is looked at with the next block. */
void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	bool counts = of_main_thread();

	if (counts && fails())
		return MAP_FAILED;
	void *p = (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);

	if (p != MAP_FAILED && counts) {
		atomic_fetch_add(&live, (long)n);
		atomic_fetch_add(&bytes, n);
	}
	return p;
}

int munmap(void *at, size_t n)
{
	if (of_main_thread()) {
		atomic_fetch_add(&calls, 1);
		atomic_fetch_sub(&live, (long)n);
		atomic_fetch_sub(&bytes, n);
	}
	return (int)syscall(SYS_munmap, at, n);
}

#endif
