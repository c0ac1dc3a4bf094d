/*
 * reading: see reading.h. The file, reading-KEY.bin: a reading_header, then floats: start [d], map [READING_SLOTS, d, d].
 * n_facts 0: no floats. Nothing follows, and all floats are finite.
 */
#include "reading.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_file.h"

typedef struct reading_header {
	char magic[8]; /* "IMPREAD" and the version, 1 */
	char key[64];
	uint64_t d, n_facts, evaluations, seen[READING_SLOTS];
	uint64_t checksum; /* of all before, and of the floats */
} reading_header;
_Static_assert(sizeof(reading_header) == 8 + 64 + (3 + READING_SLOTS + 1) * 8, "no padding");

int reading_init(reading *r, size_t d)
{
	*r = (reading){ .d = d, .start = alloc_array(d, 1, sizeof(float)),
			.map = alloc_array(READING_SLOTS * d, d, sizeof(float)) };
	if (r->start && r->map)
		return 0;
	reading_release(r);
	return ENGINE_ENOMEM;
}

void reading_release(reading *r)
{
	free(r->start);
	free(r->map);
	*r = (reading){ 0 };
}

size_t reading_slot(size_t target, size_t value)
{
	size_t at = target + READING_BEFORE;

	at = at > value ? at - value : 0;
	return at < READING_SLOTS ? at : READING_SLOTS - 1;
}

/* The nearest slot that was seen, the earlier of two; READING_SLOTS: none. */
static size_t nearest(const reading *r, size_t slot)
{
	for (size_t k = 0; k < READING_SLOTS; k++) {
		if (k <= slot && r->seen[slot - k])
			return slot - k;
		if (slot + k < READING_SLOTS && r->seen[slot + k])
			return slot + k;
	}
	return READING_SLOTS;
}

void reading_fill(reading *r)
{
	for (size_t s = 0; s < READING_SLOTS; s++) {
		size_t from = nearest(r, s);

		if (from != s && from < READING_SLOTS)
			memcpy(reading_map(r, s), reading_map(r, from), r->d * r->d * sizeof(float));
	}
}

void reading_norm(const model *m, const float *hidden, size_t n, float *out)
{
	size_t d = m->hp.n_embd;

	for (size_t i = 0; i < n; i++, hidden += d, out += d) {
		double sum = 0;

		for (size_t k = 0; k < d; k++)
			sum += (double)hidden[k] * (double)hidden[k];
		double scale = 1 / sqrt(sum / (double)d + (double)m->hp.norm_eps);

		for (size_t k = 0; k < d; k++)
			out[k] = (float)((double)hidden[k] * scale) * m->output_norm[k];
	}
}

/* ---- the file ---- */

static uint64_t checksum(const reading_header *h, const reading *r)
{
	uint64_t sum = cache_checksum_add(1, h, offsetof(reading_header, checksum));

	if (!h->n_facts)
		return sum;
	sum = cache_checksum_add(sum, r->start, h->d * sizeof(float));
	return cache_checksum_add(sum, r->map, READING_SLOTS * h->d * h->d * sizeof(float));
}

static char *path_of(const char *dir, const char *key)
{
	char *path = dir ? alloc_array(strlen(dir) + 64, 1, 1) : NULL;

	if (path)
		sprintf(path, "%s/reading-%.16s.bin", dir, key);
	return path;
}

static bool read_body(reading *r, const reading_header *h, FILE *f)
{
	size_t d = h->d, n = READING_SLOTS * d * d;

	if (h->n_facts && (fread(r->start, sizeof(float), d, f) != d || fread(r->map, sizeof(float), n, f) != n))
		return false;
	return fgetc(f) == EOF && checksum(h, r) == h->checksum && h->evaluations <= INT_MAX && floats_finite(r->start, d) &&
	       floats_finite(r->map, n);
}

bool reading_load(reading *r, size_t d, const char *dir, const char key[65])
{
	char *path = path_of(dir, key);
	FILE *f = path ? fopen(path, "rb") : NULL;
	reading_header h;
	reading new;

	free(path);
	if (!f)
		return false;
	bool ok = fread(&h, sizeof(h), 1, f) == 1 && !memcmp(h.magic, "IMPREAD1", sizeof(h.magic)) &&
		  !memcmp(h.key, key, sizeof(h.key)) && h.d == d && !reading_init(&new, d);

	if (ok && !read_body(&new, &h, f)) {
		reading_release(&new);
		ok = false;
	}
	fclose(f);
	if (!ok)
		return false;
	new.n_facts = h.n_facts;
	new.evaluations = (int)h.evaluations;
	for (size_t s = 0; s < READING_SLOTS; s++)
		new.seen[s] = h.seen[s];
	*r = new;
	return true;
}

void reading_save(const reading *r, const char *dir, const char key[65])
{
	char *path = path_of(dir, key);
	reading_header h = { .d = r->d, .n_facts = r->n_facts, .evaluations = (uint64_t)r->evaluations };

	if (!path)
		return;
	memcpy(h.magic, "IMPREAD1", sizeof(h.magic));
	memcpy(h.key, key, sizeof(h.key));
	for (size_t s = 0; s < READING_SLOTS; s++)
		h.seen[s] = r->seen[s];
	h.checksum = checksum(&h, r);
	cache_file_write(path,
			 (const cache_part[]){ { &h, sizeof(h) },
					       { r->start, r->d * sizeof(float) },
					       { r->map, READING_SLOTS * r->d * r->d * sizeof(float) } },
			 r->n_facts ? 3 : 1);
	free(path);
}
