/*
 * blob.c: what an edit found, kept so that the weights can be solved again: keys [n_keys, n_ff] and
 * delta [n_embd].
 *
 * Stored as the floats' bytes, little-endian, with a checksum over edit id, shape and contents; a
 * blob that does not match never reaches the weights, its edit is done again instead.
 */
#include "memory_int.h"

#include <limits.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "blobs are stored as the host's floats, which are to be little-endian"
#endif

/*
 * Eight bytes at a time: xor, multiply by an odd number, fold. Each step is a bijection of the
 * state, so a change confined to one word always shows.
 */
static uint64_t sum_word(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static uint64_t sum_bytes(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t w;

	for (; len >= sizeof(w); p += sizeof(w), len -= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		h = sum_word(h, w);
	}
	w = 0;
	memcpy(&w, p, len);
	return sum_word(h, w);
}

uint64_t blob_sum(int64_t edit_id, uint64_t n_keys, uint64_t n_ff, uint64_t n_embd,
		  const void *keys, const void *delta)
{
	uint64_t h = sum_word(0, (uint64_t)edit_id);

	h = sum_word(h, n_keys);
	h = sum_word(h, n_ff);
	h = sum_word(h, n_embd);
	h = sum_bytes(h, keys, (size_t)(n_keys * n_ff * sizeof(float)));
	return sum_bytes(h, delta, (size_t)(n_embd * sizeof(float)));
}

/* Do the dimensions multiply to something SQLite can hold? *n: floats in keys. */
static bool shape_valid(uint64_t n_keys, uint64_t n_ff, uint64_t n_embd, size_t *n)
{
	uint64_t most = INT_MAX / 4 / sizeof(float);

	if (!n_keys || !n_ff || !n_embd || n_ff > most || n_embd > most || n_keys > most / n_ff)
		return false;
	*n = (size_t)(n_keys * n_ff);
	return true;
}

static bool all_finite(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

int blob_put(memory *m, int64_t edit_id, const edit_blob *b)
{
	size_t n;

	if (!shape_valid(b->n_keys, b->n_ff, b->n_embd, &n) || !b->keys || !b->delta)
		return sql_fail(m, MEMORY_EARG, "an edit's keys and delta have no valid shape");
	if (!all_finite(b->keys, n) || !all_finite(b->delta, b->n_embd))
		return sql_fail(m, MEMORY_EARG, "an edit's keys or delta are not finite numbers");
	return sql_run(
		m,
		"INSERT OR REPLACE INTO blobs(edit_id, n_keys, n_ff, n_embd, checksum, keys, "
		"delta) "
		"VALUES (?, ?, ?, ?, ?, ?, ?)",
		"iiiiibb", edit_id, (int64_t)b->n_keys, (int64_t)b->n_ff, (int64_t)b->n_embd,
		(int64_t)blob_sum(edit_id, b->n_keys, b->n_ff, b->n_embd, b->keys, b->delta),
		b->keys, n * sizeof(float), b->delta, b->n_embd * sizeof(float));
}

int blob_drop(memory *m, int64_t edit_id)
{
	return sql_run(m, "DELETE FROM blobs WHERE edit_id = ?", "i", edit_id);
}

int blob_drop_older(memory *m, int64_t edit_id)
{
	return sql_run(m,
		       "DELETE FROM blobs WHERE edit_id IN (SELECT o.id FROM edits e JOIN edits o ON o.fact_id = e.fact_id "
		       "AND o.model = e.model AND o.id < e.id WHERE e.id = ?)",
		       "i", edit_id);
}

/* ---- reading ---- */

static void blob_release(edit_blob *b)
{
	free(b->keys);
	free(b->delta);
	memset(b, 0, sizeof(*b));
}

void edit_blobs_free(edit_blob *b, size_t n)
{
	for (size_t i = 0; b && i < n; i++)
		blob_release(&b[i]);
	free(b);
}

/* Columns: fact, edit, n_keys, n_ff, n_embd, checksum, keys, delta. 1: read, 0: does not match its
 * checksum, or is not finite, <0. */
static int blob_read(memory *m, sqlite3_stmt *st, edit_blob *b)
{
	int64_t shape[3] = { sqlite3_column_int64(st, 2), sqlite3_column_int64(st, 3),
			     sqlite3_column_int64(st, 4) };
	const void *keys = sqlite3_column_blob(st, 6), *delta = sqlite3_column_blob(st, 7);
	int key_bytes = sqlite3_column_bytes(st, 6), delta_bytes = sqlite3_column_bytes(st, 7);
	size_t n;

	if (sqlite3_errcode(m->db) == SQLITE_NOMEM)
		return sql_error(m, SQLITE_NOMEM);
	if (shape[0] < 0 || shape[1] < 0 || shape[2] < 0 ||
	    !shape_valid((uint64_t)shape[0], (uint64_t)shape[1], (uint64_t)shape[2], &n) || !keys ||
	    !delta || (size_t)key_bytes != n * sizeof(float) ||
	    (size_t)delta_bytes != (size_t)shape[2] * sizeof(float) ||
	    blob_sum(sqlite3_column_int64(st, 1), (uint64_t)shape[0], (uint64_t)shape[1],
		     (uint64_t)shape[2], keys, delta) != (uint64_t)sqlite3_column_int64(st, 5))
		return 0;
	*b = (edit_blob){
		.keys = malloc((size_t)key_bytes),
		.delta = malloc((size_t)delta_bytes),
		.n_keys = (size_t)shape[0],
		.n_ff = (size_t)shape[1],
		.n_embd = (size_t)shape[2],
		.fact_id = sqlite3_column_int64(st, 0),
		.edit_id = sqlite3_column_int64(st, 1),
	};
	if (!b->keys || !b->delta) {
		blob_release(b);
		return sql_fail(m, MEMORY_ENOMEM, "out of memory");
	}
	memcpy(b->keys, keys, (size_t)key_bytes);
	memcpy(b->delta, delta, (size_t)delta_bytes);
	if (all_finite(b->keys, n) && all_finite(b->delta, b->n_embd))
		return 1;
	blob_release(b);
	return 0;
}

/* A growing list of blobs, and of the edits whose blob is bad. */
struct blob_list {
	edit_blob *good;
	size_t n, cap;
	int64_t *bad;
	size_t n_bad, bad_cap;
};

static int blob_list_add(memory *m, struct blob_list *l, sqlite3_stmt *st)
{
	int rc;

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		edit_blob *more = realloc(l->good, cap * sizeof(*more));

		if (!more)
			return sql_fail(m, MEMORY_ENOMEM, "out of memory");
		l->good = more;
		l->cap = cap;
	}
	rc = blob_read(m, st, &l->good[l->n]);
	if (rc) {
		l->n += rc == 1;
		return rc < 0 ? rc : 0;
	}
	if (l->n_bad == l->bad_cap) {
		size_t cap = l->bad_cap ? l->bad_cap * 2 : 16;
		int64_t *more = realloc(l->bad, cap * sizeof(*more));

		if (!more)
			return sql_fail(m, MEMORY_ENOMEM, "out of memory");
		l->bad = more;
		l->bad_cap = cap;
	}
	l->bad[l->n_bad++] = sqlite3_column_int64(st, 1);
	return 0;
}

/* The edit is done again, before what waits; where a later one of its fact was begun, that one is all that is left. */
static int edit_damaged(memory *m, int64_t id)
{
	static const char again[] = "UPDATE edits SET state = 'queued', started = 0, ended = 0, attempts = 0, "
				    "error = 'what was stored for it was damaged' WHERE id = ?";
	static const char no_more[] = "UPDATE edits SET state = 'reverted', error = 'what was stored for it was damaged' WHERE id = ?";
	int64_t later = 0;
	int rc = sql_int(m, &later,
			 "SELECT EXISTS (SELECT 1 FROM edits o WHERE o.fact_id = e.fact_id AND o.model = e.model AND o.id > e.id) "
			 "FROM edits e WHERE e.id = ?",
			 "i", id);

	if (rc >= 0)
		rc = blob_drop(m, id);
	if (!rc && !later)
		rc = queue_first(m, id);
	if (!rc)
		rc = sql_run(m, later ? no_more : again, "i", id);
	return rc ? rc : memory_event(m, "damaged", 0, id, 0);
}

/* What they had found is lost. */
static int blobs_requeue(memory *m, const int64_t *edits, size_t n)
{
	int rc = tx_begin(m);

	for (size_t i = n; !rc && i-- > 0;) /* the last one first, so that the first one is claimed first */
		rc = edit_damaged(m, edits[i]);
	return tx_end(m, rc, NULL, 0);
}

int memory_blobs(memory *m, bool with_pending, edit_blob **out, size_t *n, char *err, size_t errlen)
{
	struct blob_list l = { .n = 0 };
	sqlite3_stmt *st;
	int rc = sql_query(
		m, &st,
		"SELECT f.id, e.id, b.n_keys, b.n_ff, b.n_embd, b.checksum, b.keys, b.delta "
		"FROM facts f JOIN edits e ON e.id = (SELECT max(x.id) FROM edits x JOIN blobs y ON y.edit_id = x.id "
		" WHERE x.fact_id = f.id AND x.model = ?1 AND (x.state = 'verified' OR ?2 AND x.state = 'running')) "
		"JOIN blobs b ON b.edit_id = e.id WHERE f.status = 'active' "
		"ORDER BY f.id",
		"sn", m->model, (int)with_pending);

	while (!rc && (rc = sql_next(m, st)) == 1) {
		rc = blob_list_add(m, &l, st);
		if (rc)
			sql_done(st);
	}
	if (!rc && l.n_bad && !m->read_only)
		rc = blobs_requeue(m, l.bad, l.n_bad);
	free(l.bad);
	if (rc) {
		edit_blobs_free(l.good, l.n);
		return sql_report(m, rc, err, errlen);
	}
	*out = l.good;
	*n = l.n;
	return 0;
}
