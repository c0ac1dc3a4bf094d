#define _DEFAULT_SOURCE 1
#include "cache_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine_int.h"

/* Four running products of 8 bytes each: an error in the file shows, at the speed of reading it. (The key, which says
 * whose it is, is SHA-256.) */
static uint64_t mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * 0x9fb21c651e98df25u;
	return h ^ h >> 32;
}

uint64_t cache_checksum_add(uint64_t h, const void *p, size_t n)
{
	uint64_t lane[4] = { h, mix(h, 1), mix(h, 2), mix(h, 3) }, x[4];
	const char *at = p;
	for (; n >= sizeof(x); n -= sizeof(x), at += sizeof(x)) {
		memcpy(x, at, sizeof(x));
		for (int i = 0; i < 4; i++)
			lane[i] = mix(lane[i], x[i]);
	}
	memset(x, 0, sizeof(x));
	memcpy(x, at, n);
	for (int i = 0; i < 4; i++)
		h = mix(mix(h, lane[i]), x[i]);
	return mix(h, n);
}

static bool write_all(int fd, const void *p, size_t n)
{
	for (const char *at = p; n;) {
		ssize_t k = write(fd, at, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

void cache_file_write(const char *path, const cache_part *parts, size_t n)
{
	char *tmp = alloc_array(strlen(path) + sizeof(".XXXXXX"), 1, 1);
	if (!tmp)
		return;
	sprintf(tmp, "%s.XXXXXX", path);
	int fd = mkostemp(tmp, O_CLOEXEC); /* 0600, and a name that no process before has left behind */
	bool ok = fd >= 0;
	for (size_t i = 0; ok && i < n; i++)
		ok = write_all(fd, parts[i].p, parts[i].n);
	ok = ok && !fsync(fd);
	if (fd >= 0) {
		ok = !close(fd) && ok;
		if (!ok || rename(tmp, path))
			unlink(tmp);
	}
	free(tmp);
}
