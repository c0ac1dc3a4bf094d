/* See windows.h. */
#include "windows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Documents looked at when filling what is left of a window. */
enum { POOL = 64 };
/* Of 100 documents with value vectors, how many share their windows with their like only: there a solve (net_channel.inc) is of
 * a dozen facts, elsewhere of two or so. */
enum { CROWDED = 60 };

static int fail(char *err, size_t errlen, const char *prefix, const char *what)
{
	snprintf(err, errlen, "%s: %s", prefix, what);
	return -1;
}

/* Maps PREFIX.ext; a missing file is an error unless it is optional. */
static int map_file(windows_set *s, int slot, const char *prefix, const char *ext, int optional, char *err,
		    size_t errlen)
{
	char name[4096];
	struct stat st;
	int fd;

	if (snprintf(name, sizeof name, "%s.%s", prefix, ext) >= (int)sizeof name)
		return fail(err, errlen, prefix, "the name is too long");
	fd = open(name, O_RDONLY);
	if (fd < 0 && errno == ENOENT && optional)
		return 0;
	if (fd < 0 || fstat(fd, &st)) {
		snprintf(err, errlen, "%s: %s", name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	s->map[slot].bytes = (size_t)st.st_size;
	if (st.st_size)
		s->map[slot].p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (s->map[slot].p == MAP_FAILED) {
		s->map[slot].p = NULL;
		return fail(err, errlen, name, "cannot be mapped");
	}
	return 0;
}

static const char *set_check(const windows_set *s, const net_config *c)
{
	if (!s->n_tok || !s->n_doc || s->n_tok > UINT32_MAX)
		return "there are no tokens or no documents, or too many";
	for (size_t i = 0; i < s->n_tok; i++)
		if (s->tok[i] >= c->vocab)
			return "a token is outside the vocabulary";
	if (s->doc[0] != 0 || s->doc[s->n_doc - 1] >= s->n_tok)
		return "document starts are outside the tokens";
	for (size_t i = 1; i < s->n_doc; i++)
		if (s->doc[i] <= s->doc[i - 1])
			return "document starts do not increase";
	for (size_t i = 0; i < s->n_inj; i++) {
		const windows_record *r = s->inj + i;

		if (r->pos >= s->n_tok || r->n > NET_VALUE_TOKENS || r->slot >= c->banks)
			return "a value record is out of range (position, length or bank)";
		if (i && r->pos < r[-1].pos)
			return "value records are not sorted";
		for (size_t t = 0; t < r->n; t++)
			if (r->tok[t] >= c->vocab)
				return "a value token is outside the vocabulary";
	}
	return NULL;
}

int windows_open(windows_set *s, const char *prefix, const net_config *c, char *err, size_t errlen)
{
	const char *bad;

	memset(s, 0, sizeof *s);
	if (map_file(s, 0, prefix, "tok", 0, err, errlen) || map_file(s, 1, prefix, "doc", 0, err, errlen) ||
	    map_file(s, 2, prefix, "inj", 1, err, errlen) || map_file(s, 3, prefix, "msk", 1, err, errlen)) {
		windows_close(s);
		return -1;
	}
	s->tok = s->map[0].p;
	s->n_tok = s->map[0].bytes / sizeof *s->tok;
	s->doc = s->map[1].p;
	s->n_doc = s->map[1].bytes / sizeof *s->doc;
	s->inj = s->map[2].p;
	s->n_inj = s->map[2].bytes / sizeof *s->inj;
	s->msk = s->map[3].p;
	bad = s->msk && s->map[3].bytes != s->n_tok ? "the .msk file is not one byte a token" :
						      set_check(s, c);
	if (bad) {
		fail(err, errlen, prefix, bad);
		windows_close(s);
		return -1;
	}
	return 0;
}

void windows_close(windows_set *s)
{
	for (int i = 0; i < 4; i++)
		if (s->map[i].p)
			munmap(s->map[i].p, s->map[i].bytes);
	free(s->order);
	free(s->first);
	memset(s, 0, sizeof *s);
}

static size_t doc_length(const windows_set *s, uint32_t d)
{
	size_t end = d + 1 < s->n_doc ? s->doc[d + 1] : s->n_tok;

	return end - s->doc[d];
}

static size_t inj_lower(const windows_set *s, size_t pos)
{
	size_t lo = 0, hi = s->n_inj;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (s->inj[mid].pos < pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int doc_has_value(const windows_set *s, uint32_t d)
{
	size_t at = inj_lower(s, s->doc[d]);

	return at < s->n_inj && s->inj[at].pos < s->doc[d] + doc_length(s, d);
}

/* Documents still to be packed, in the order of a shuffle. */
typedef struct source {
	uint32_t *doc;
	size_t n, next;
	uint32_t pool[POOL];
	size_t held;
} source;

static size_t source_left(const source *from)
{
	return from->held + from->n - from->next;
}

/* The next window: what comes first, and then whatever of the pool still fits. */
static void window_pack(windows_set *s, source *from, size_t ctx, size_t *out)
{
	size_t room = ctx, i = 0;

	s->first[s->n_window++] = (uint32_t)*out;
	for (;;) {
		size_t len;

		while (from->held < POOL && from->next < from->n)
			from->pool[from->held++] = from->doc[from->next++];
		if (i >= from->held)
			break;
		len = doc_length(s, from->pool[i]);
		len = len < ctx ? len : ctx;
		if (len > room) {
			i++;
			continue;
		}
		room -= len;
		s->order[(*out)++] = from->pool[i];
		from->held--;
		memmove(from->pool + i, from->pool + i + 1, (from->held - i) * sizeof *from->pool);
	}
}

/* Deals the documents out: mixed from the front of all, crowded from its back. */
static void sources_deal(const windows_set *s, uint32_t *all, source *mixed, source *crowded, uint64_t *rng)
{
	size_t n = 0, back = s->n_doc;

	for (size_t i = 0; i < s->n_doc; i++) {
		size_t j = net_random(rng) % (i + 1);

		all[i] = all[j];
		all[j] = (uint32_t)i;
	}
	while (n < back)
		if (doc_has_value(s, all[n]) && net_random(rng) % 100 < CROWDED) {
			uint32_t d = all[n];

			all[n] = all[--back];
			all[back] = d;
		} else {
			n++;
		}
	*mixed = (source){ .doc = all, .n = n };
	*crowded = (source){ .doc = all + n, .n = s->n_doc - n };
}

int windows_plan(windows_set *s, size_t ctx, uint64_t seed, uint64_t epoch, char *err, size_t errlen)
{
	uint64_t rng = seed * 0x2545f4914f6cdd1du + epoch;
	uint32_t *all = malloc(s->n_doc * sizeof *all);
	source mixed, crowded;
	size_t out = 0;

	if (!s->order)
		s->order = malloc(s->n_doc * sizeof *s->order);
	if (!s->first)
		s->first = malloc((s->n_doc + 1) * sizeof *s->first);
	if (!all || !s->order || !s->first) {
		free(all);
		return fail(err, errlen, "windows", "out of memory");
	}
	sources_deal(s, all, &mixed, &crowded, &rng);
	s->n_window = 0;
	while (out < s->n_doc) {
		size_t of = source_left(&crowded), left = of + source_left(&mixed);

		window_pack(s, net_random(&rng) % left < of ? &crowded : &mixed, ctx, &out);
	}
	s->first[s->n_window] = (uint32_t)out;
	s->ctx = ctx;
	s->seed = seed;
	s->epoch = epoch;
	free(all);
	return 0;
}

int windows_buf_init(windows_buf *b, size_t ctx)
{
	memset(b, 0, sizeof *b);
	b->tok = calloc(ctx, sizeof *b->tok);
	b->target = calloc(ctx, sizeof *b->target);
	b->start = calloc(ctx, sizeof *b->start);
	b->weight = calloc(ctx, sizeof *b->weight);
	b->told = calloc(ctx, sizeof *b->told);
	if (b->tok && b->target && b->start && b->weight && b->told)
		return 0;
	windows_buf_free(b);
	return -1;
}

void windows_buf_free(windows_buf *b)
{
	free(b->tok);
	free(b->target);
	free(b->start);
	free(b->weight);
	free(b->told);
	free(b->inject);
	memset(b, 0, sizeof *b);
}

/* Appends the value vectors of the document at pos, len tokens of which lie at row. */
static int fill_inject(const windows_set *s, windows_buf *b, size_t pos, size_t len, size_t row)
{
	size_t from = inj_lower(s, pos), to = inj_lower(s, pos + len), have = b->win.n_inject;

	if (from == to)
		return 0;
	if (have + (to - from) > b->cap_inject) {
		size_t cap = 2 * (have + (to - from));
		net_inject *p = realloc(b->inject, cap * sizeof *p);

		if (!p)
			return -1;
		b->inject = p;
		b->cap_inject = cap;
	}
	for (size_t i = from; i < to; i++) {
		const windows_record *r = s->inj + i;
		net_inject *in = b->inject + b->win.n_inject++;

		*in = (net_inject){ .pos = (uint32_t)(row + r->pos - pos), .n = r->n, .bank = r->slot };
		memcpy(in->tok, r->tok, sizeof in->tok);
	}
	memset(b->told + row + (s->inj[from].pos - pos), 1, len - (s->inj[from].pos - pos));
	return 0;
}

int windows_fill(const windows_set *s, size_t i, windows_buf *b)
{
	size_t row = 0;

	b->win.n_inject = 0;
	b->total_weight = 0;
	memset(b->told, 0, s->ctx);
	for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
		size_t pos = s->doc[s->order[k]], whole = doc_length(s, s->order[k]);
		size_t len = whole < s->ctx ? whole : s->ctx;

		for (size_t j = 0; j < len; j++) {
			int last = j + 1 == whole;
			uint8_t w = last ? 0 : s->msk ? s->msk[pos + j + 1] : 100;

			b->tok[row + j] = s->tok[pos + j];
			b->target[row + j] = last ? 0 : s->tok[pos + j + 1];
			b->start[row + j] = (uint32_t)row;
			b->weight[row + j] = (float)w / 100.f;
			b->total_weight += (double)b->weight[row + j];
		}
		if (fill_inject(s, b, pos, len, row))
			return -1;
		row += len;
	}
	b->win.n = row;
	b->win.tok = b->tok;
	b->win.target = b->target;
	b->win.start = b->start;
	b->win.weight = b->weight;
	b->win.told = b->told;
	b->win.inject = b->inject;
	return 0;
}
