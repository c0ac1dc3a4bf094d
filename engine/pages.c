/*
 * pages: large arrays straight from the kernel: zero until they are written, so that room that is
 * never used costs nothing. Those that are filled whole can be had in huge pages, where the system
 * grants them: a pass over all weights otherwise misses the TLB every 4 KiB.
 */
#include "engine_int.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#endif

#ifdef SANITIZED /* on the heap, where it sees every byte past the end */

void *pages_new(size_t n, size_t m, size_t *bytes)
{
	void *p = alloc_array(n, m, 1);

	if (p)
		*bytes = n * m;
	return p;
}

void pages_prefer_huge(void *p, size_t bytes)
{
	(void)p;
	(void)bytes;
}

void pages_free(void *p, size_t bytes)
{
	(void)bytes;
	free(p);
}

#else

enum { HUGE_PAGE = 2 << 20 };

static size_t whole_pages(size_t bytes)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t p = page > 0 ? (size_t)page : 4096;

	return (bytes + p - 1) / p * p;
}

/* [n] bytes at a multiple of HUGE_PAGE: too much is mapped and the ends are given back. */
static char *map_aligned(size_t n)
{
	char *p = mmap(NULL, n + HUGE_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	size_t skip = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;

	if (skip)
		munmap(p, skip);
	munmap(p + skip + n, HUGE_PAGE - skip);
	return p + skip;
}

void *pages_new(size_t n, size_t m, size_t *bytes)
{
	size_t want;

	if (__builtin_mul_overflow(n, m, &want) || want > SIZE_MAX / 2)
		return NULL;
	want = whole_pages(want ? want : 1);
	char *p = map_aligned(want);

	if (!p)
		return NULL;
	*bytes = want;
	return p;
}

void pages_prefer_huge(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
	if (bytes >= HUGE_PAGE)
		madvise(p, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#else
	(void)p;
	(void)bytes;
#endif
}

void pages_free(void *p, size_t bytes)
{
	if (p)
		munmap(p, bytes);
}

#endif
