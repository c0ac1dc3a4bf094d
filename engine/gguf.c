/*
 * gguf: a model file, mapped and read only; gguf_read.c reads its directory, gguf_meta.c answers from it, gguf_block.c turns a
 * tensor's rows into floats. A file that others shorten or write to while it is mapped is found out by gguf_intact(); until
 * then it reads as zeros where there is nothing any more (mapping.c).
 */
#define _DEFAULT_SOURCE 1
#include "gguf_int.h"
#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names the model: all of the header, and of each tensor up to 16 evenly spread pieces of 256
 * bytes. out [65] */
static void hash_model(const gguf *g, char *out)
{
	enum { PIECE = 256, PIECES = 16 };
	sha256 s;

	sha256_init(&s);
	sha256_add_u64(&s, g->size);
	sha256_add(&s, g->bytes, g->header_size);
	for (size_t i = 0; i < g->n_tensors; i++) {
		const gguf_tensor *t = &g->tensors[i];
		const unsigned char *p = t->data;

		if (t->bytes <= PIECE * PIECES) {
			sha256_add(&s, p, t->bytes);
			continue;
		}
		for (size_t k = 0; k < PIECES; k++)
			sha256_add(&s, p + (t->bytes - PIECE) / (PIECES - 1) * k, PIECE);
	}
	sha256_hex(&s, out);
}

static int gguf_parse(gguf *g, const char *path, char *err, size_t errlen)
{
	int rc = gguf_read_directory(g, path, err, errlen);

	if (!rc)
		hash_model(g, g->hash);
	return rc;
}

static int map_file(gguf *g, int fd, const char *path, char *err, size_t errlen)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(err, errlen, ENGINE_EIO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(err, errlen, ENGINE_EIO, "%s: not a regular file", path);
	if (st.st_size < 24)
		return fail(err, errlen, ENGINE_EFORMAT, "%s: not a GGUF file", path);
	g->size = (size_t)st.st_size;
	void *p = mmap(NULL, g->size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return fail(err, errlen, errno == ENOMEM ? ENGINE_ENOMEM : ENGINE_EIO,
			    "%s: cannot map it: %s", path, strerror(errno));
	g->bytes = p;
	g->mapped = true;
	g->place = mapping_add(p, g->size);
	g->changed = st.st_mtim;
	g->device = (uint64_t)st.st_dev;
	g->inode = (uint64_t)st.st_ino;
	return 0;
}

int gguf_open(gguf **out, const char *path, char *err, size_t errlen)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */

	if (fd < 0)
		return fail(err, errlen, ENGINE_EIO, "%s: %s", path, strerror(errno));
	gguf *g = calloc(1, sizeof(*g));
	int rc = g ? map_file(g, fd, path, err, errlen)
		   : fail(err, errlen, ENGINE_ENOMEM, "out of memory");

	if (g && g->mapped)
		g->fd = fd; /* to look after it */
	else
		close(fd);
	if (!rc)
		rc = gguf_parse(g, path, err, errlen);
	if (g && g->mapped && !gguf_intact(g))
		rc = fail(err, errlen, ENGINE_EIO, "%s: %s", path, gguf_lost_text);
	if (rc) {
		gguf_close(g);
		return rc;
	}
	*out = g;
	return 0;
}

int gguf_open_memory(gguf **out, const void *bytes, size_t n, char *err, size_t errlen)
{
	gguf *g = calloc(1, sizeof(*g));

	if (!g)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	g->bytes = bytes;
	g->size = n;
	int rc = gguf_parse(g, "model", err, errlen);

	if (rc) {
		gguf_close(g);
		return rc;
	}
	*out = g;
	return 0;
}

const char gguf_lost_text[] = "the model's file was cut short or written to while it was open";

/* Is what is mapped still the model of that name? */
static bool same_model(const gguf *g)
{
	char hash[65];

	hash_model(g, hash);
	return !strcmp(hash, g->hash) && !mapping_lost(g->place);
}

bool gguf_intact(gguf *g)
{
	struct stat st;

	if (!g->mapped || g->lost)
		return !g->lost;
	g->lost = mapping_lost(g->place);
	if (g->lost || fstat(g->fd, &st) < 0)
		return !g->lost;
	if (st.st_mtim.tv_sec == g->changed.tv_sec && st.st_mtim.tv_nsec == g->changed.tv_nsec)
		return true;
	g->lost = (size_t)st.st_size != g->size || !same_model(g);
	g->changed = st.st_mtim;
	return !g->lost;
}

/* Advice about the pages of a tensor. */
static void advise(const gguf *g, const gguf_tensor *t, int advice)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t p = page > 0 ? (size_t)page : 4096;
	size_t from = (size_t)((const unsigned char *)t->data - g->bytes), to = from + t->bytes;

	if (g->mapped)
		madvise((void *)(uintptr_t)(g->bytes + from / p * p), to - from / p * p, advice);
}

/* Pages shared with a neighbour are read again if need be. */
void gguf_forget(const gguf *g, const gguf_tensor *t)
{
	advise(g, t, MADV_DONTNEED);
}

void gguf_expect(const gguf *g, const gguf_tensor *t)
{
	advise(g, t, MADV_WILLNEED);
}

void gguf_close(gguf *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n_pairs; i++)
		free(g->pairs[i].strings);
	free(g->pairs);
	free(g->tensors);
	free(g->by_name);
	if (g->mapped) {
		mapping_drop(g->place);
		munmap((void *)(uintptr_t)g->bytes, g->size);
		close(g->fd);
	}
	free(g);
}
