/*
 * mapping: files that others shorten while they are mapped. Reading past the new end of one is SIGBUS; the program's handler
 * asks engine_fault(), which puts zeros in the place of all that cannot be read from there on, and notes it. Who reads the file
 * looks at that note afterwards (gguf_intact) and reports an error in the usual way.
 *
 * A signal handler finds nothing but global state: this table is that. A place is taken by writing its size first and its
 * address last, and given back in the other order.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gguf_int.h"

enum { PLACES = 64 };

static struct {
	atomic_uintptr_t from; /* 0: free; 1: being filled */
	atomic_size_t size;
	atomic_bool lost;
} places[PLACES];

int mapping_add(const void *p, size_t size)
{
	for (int i = 0; i < PLACES; i++) {
		uintptr_t none = 0;

		if (!atomic_compare_exchange_strong(&places[i].from, &none, 1))
			continue;
		atomic_store(&places[i].lost, false);
		atomic_store(&places[i].size, size);
		atomic_store(&places[i].from, (uintptr_t)p);
		return i;
	}
	return -1;
}

void mapping_drop(int place)
{
	if (place >= 0)
		atomic_store(&places[place].from, 0);
}

bool mapping_lost(int place)
{
	return place >= 0 && atomic_load(&places[place].lost);
}

/* mmap() is a system call and no more: it may be called here. What lies before the page that could not be read stays as it is. */
bool engine_fault(const void *address)
{
	const uintptr_t at = (uintptr_t)address, page_size = (uintptr_t)sysconf(_SC_PAGESIZE);

	for (int i = 0; i < PLACES; i++) {
		const uintptr_t from = atomic_load(&places[i].from);
		const size_t size = atomic_load(&places[i].size);
		const int saved = errno;

		if (from <= 1 || at < from || at - from >= size)
			continue;
		const uintptr_t page = at / page_size * page_size;
		void *zeros = mmap((void *)page, from + size - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

		errno = saved;
		atomic_store(&places[i].lost, true);
		return zeros != MAP_FAILED;
	}
	return false;
}
