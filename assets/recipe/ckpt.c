/*
 * File: "imprtrn1", u64 size of ckpt_state, u64 n, ckpt_state, p [n], m [n], v [n] (floats), u64 checksum
 * of all that (below). Native byte order: a checkpoint stays on the machine, models leave as GGUF.
 */
#define _POSIX_C_SOURCE 200809L
#include "ckpt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct head {
	char magic[8];
	uint64_t state_size, n;
} head;

static const char MAGIC[8] = { 'i', 'm', 'p', 'r', 't', 'r', 'n', '1' };

/* FNV-1a over 8-byte words, the rest byte by byte. */
static uint64_t checksum(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t w;

	for (; n >= sizeof w; n -= sizeof w, p += sizeof w) {
		memcpy(&w, p, sizeof w);
		h = (h ^ w) * 0x100000001b3u;
		h ^= h >> 29;
	}
	for (; n; n--, p++)
		h = (h ^ *p) * 0x100000001b3u;
	return h;
}

static int put(FILE *f, uint64_t *sum, const void *data, size_t n)
{
	*sum = checksum(*sum, data, n);
	return fwrite(data, 1, n, f) == n ? 0 : -1;
}

static int get(FILE *f, uint64_t *sum, void *data, size_t n)
{
	if (fread(data, 1, n, f) != n)
		return -1;
	*sum = checksum(*sum, data, n);
	return 0;
}

static int fail(char *err, size_t errlen, const char *path, const char *what)
{
	snprintf(err, errlen, "%s: %s", path, what);
	return -1;
}

static int write_all(FILE *f, const ckpt_state *s, const float *p, const float *m, const float *v, size_t n)
{
	head h = { .state_size = sizeof *s, .n = n };
	uint64_t sum = 0xcbf29ce484222325u;
	const float *part[3] = { p, m, v };

	memcpy(h.magic, MAGIC, sizeof MAGIC);
	if (put(f, &sum, &h, sizeof h) || put(f, &sum, s, sizeof *s))
		return -1;
	for (int i = 0; i < 3; i++)
		if (put(f, &sum, part[i], n * sizeof(float)))
			return -1;
	return fwrite(&sum, sizeof sum, 1, f) == 1 && !fflush(f) && !fsync(fileno(f)) ? 0 : -1;
}

int ckpt_save(const char *path, const ckpt_state *s, const float *p, const float *m, const float *v,
	      size_t n, char *err, size_t errlen)
{
	char tmp[4096];
	FILE *f;
	int bad;

	if (snprintf(tmp, sizeof tmp, "%s.tmp", path) >= (int)sizeof tmp)
		return fail(err, errlen, path, "the name is too long");
	f = fopen(tmp, "wb");
	if (!f)
		return fail(err, errlen, tmp, strerror(errno));
	bad = write_all(f, s, p, m, v, n);
	bad = fclose(f) || bad;
	if (bad || rename(tmp, path)) {
		fail(err, errlen, path, strerror(errno));
		remove(tmp);
		return -1;
	}
	return 0;
}

static FILE *open_head(const char *path, head *h, ckpt_state *s, uint64_t *sum, char *err, size_t errlen)
{
	FILE *f = fopen(path, "rb");

	if (!f) {
		fail(err, errlen, path, strerror(errno));
		return NULL;
	}
	*sum = 0xcbf29ce484222325u;
	if (get(f, sum, h, sizeof *h) || memcmp(h->magic, MAGIC, sizeof MAGIC) ||
	    h->state_size != sizeof *s || get(f, sum, s, sizeof *s)) {
		fail(err, errlen, path, "is not a checkpoint of this version");
		fclose(f);
		return NULL;
	}
	return f;
}

int ckpt_peek(const char *path, ckpt_state *s, char *err, size_t errlen)
{
	head h;
	ckpt_state got;
	uint64_t sum;
	FILE *f = open_head(path, &h, &got, &sum, err, errlen);

	if (!f)
		return -1;
	fclose(f);
	if (net_config_check(&got.config, err, errlen))
		return -1;
	*s = got;
	return 0;
}

static int read_all(FILE *f, uint64_t *sum, float *const part[3], size_t n)
{
	float *skip = NULL;
	int bad = 0;

	for (int i = 0; i < 3 && !bad; i++) {
		if (!part[i] && !skip && !(skip = malloc(n * sizeof *skip)))
			return -1;
		bad = get(f, sum, part[i] ? part[i] : skip, n * sizeof *skip);
	}
	free(skip);
	return bad;
}

int ckpt_load(const char *path, ckpt_state *s, float *p, float *m, float *v, size_t n, char *err,
	      size_t errlen)
{
	float *const part[3] = { p, m, v };
	head h;
	ckpt_state got;
	uint64_t sum, want;
	FILE *f = open_head(path, &h, &got, &sum, err, errlen);
	int bad;

	if (!f)
		return -1;
	bad = h.n != n || read_all(f, &sum, part, n) || fread(&want, sizeof want, 1, f) != 1 || want != sum;
	fclose(f);
	if (bad)
		return fail(err, errlen, path, "is cut off, damaged, or of another shape");
	*s = got;
	return 0;
}
