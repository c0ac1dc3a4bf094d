/*
 * find.c: lists of facts, made so that a hundred thousand of them cost a tenth of a second: rows are handed on as they are
 * read, and the states of edits come from one pass over the edits instead of a look-up for each fact.
 */
#include "memory_int.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 1 << 24 }; /* above this a ledger's ids are not those of a list in memory */

/* A query being answered. */
struct finder {
	const memory_query *q;
	char *words;          /* folded, or NULL */
	signed char *states;  /* newest edit's state by fact id, or NULL */
	int64_t n_states;
	size_t found, more;
};

memory_query memory_query_all(void)
{
	return (memory_query){ .status = QUERY_ANY, .edit_state = QUERY_ANY, .until = INT64_MAX };
}

/* Do all the words occur in what the row says? Columns as in FACT_COLUMNS. */
static bool row_matches(sqlite3_stmt *st, const char *words)
{
	char name[64], folded[64];
	const char *in[3] = { (const char *)sqlite3_column_text(st, 14), folded,
			      (const char *)sqlite3_column_text(st, 15) };

	sql_col_text(st, 2, name, sizeof(name));
	fold_text(name, folded, sizeof(folded));
	in[0] = in[0] ? in[0] : "";
	in[2] = in[2] ? in[2] : "";
	return fold_has_words(words, in, 3);
}

static int words_fold(memory *m, const char *words, char **out)
{
	*out = words ? malloc(strlen(words) + 1) : NULL;
	if (words && !*out)
		return sql_fail(m, MEMORY_ENOMEM, "out of memory");
	if (words)
		fold_text(words, *out, strlen(words) + 1);
	return 0;
}

/* ---- states ---- */

static int states_read(memory *m, struct finder *f)
{
	sqlite3_stmt *st;
	int64_t most = 0;
	int rc = sql_int(m, &most, "SELECT coalesce(max(id), 0) FROM facts", "");

	if (rc < 0 || most >= STATES_MAX)
		return rc < 0 ? rc : 0;
	f->states = malloc((size_t)most + 1);
	if (!f->states)
		return sql_fail(m, MEMORY_ENOMEM, "out of memory");
	memset(f->states, -1, (size_t)most + 1);
	f->n_states = most + 1;
	/* In the order of their making: the newest is written last. */
	rc = sql_query(m, &st, "SELECT fact_id, state FROM edits WHERE model = ? ORDER BY id", "s", m->model);
	while (!rc && (rc = sql_next(m, st)) == 1) {
		int64_t id = sqlite3_column_int64(st, 0);

		if (id >= 0 && id < f->n_states)
			f->states[id] = (signed char)edit_state_from((const char *)sqlite3_column_text(st, 1));
		rc = 0;
	}
	return rc;
}

static int state_of(memory *m, const struct finder *f, int64_t id, int *state)
{
	sqlite3_stmt *st;
	int rc;

	*state = -1;
	if (id >= 0 && id < f->n_states) {
		*state = f->states[id];
		return 0;
	}
	rc = sql_query(m, &st, "SELECT state FROM edits WHERE fact_id = ? AND model = ? ORDER BY id DESC LIMIT 1", "is", id,
		       m->model);
	if (!rc)
		rc = sql_next(m, st);
	if (rc == 1) {
		*state = edit_state_from((const char *)sqlite3_column_text(st, 0));
		sql_done(st);
		rc = 0;
	}
	return rc;
}

/* ---- facts ---- */

/* Facts that are kept, with their sources; fn of memory_each(). */
struct list {
	memory *m;
	fact *all;
	size_t n, cap;
};

static int list_add(void *arg, const fact *row)
{
	struct list *l = arg;
	fact f = *row;

	if (l->n == l->cap) {
		fact *more = realloc(l->all, (l->cap ? l->cap * 2 : 32) * sizeof(*more));

		if (!more)
			return sql_fail(l->m, MEMORY_ENOMEM, "out of memory");
		l->all = more;
		l->cap = l->cap ? l->cap * 2 : 32;
	}
	if (f.source && !(f.source = strdup(f.source)))
		return sql_fail(l->m, MEMORY_ENOMEM, "out of memory");
	l->all[l->n++] = f;
	return 0;
}

/* Is the row meant? 1: yes, and *out is read; 0: no. */
static int finder_takes(memory *m, struct finder *f, sqlite3_stmt *st, fact *out)
{
	const memory_query *q = f->q;
	int64_t created = sqlite3_column_int64(st, 10);
	int state, rc;

	if (created < q->since || created >= q->until || (f->words && !row_matches(st, f->words)))
		return 0;
	rc = state_of(m, f, sqlite3_column_int64(st, 0), &state);
	if (rc)
		return rc;
	if (q->edit_state != QUERY_ANY && state != q->edit_state)
		return 0;
	fact_row(st, 0, out);
	out->edit_state = state;
	/* A text that could not be fetched for lack of memory reads as missing. */
	return sqlite3_errcode(m->db) == SQLITE_NOMEM ? sql_error(m, SQLITE_NOMEM) : 1;
}

static int finder_query(memory *m, const struct finder *f, bool newest_first, sqlite3_stmt **st)
{
	/* Nearly all of the facts are active: their index would only be a detour. */
	if (f->q->status == QUERY_ANY)
		return newest_first ? sql_query(m, st, "SELECT " FACT_COLUMNS " FROM facts f ORDER BY f.id DESC", "")
				    : sql_query(m, st, "SELECT " FACT_COLUMNS " FROM facts f ORDER BY f.id", "");
	return newest_first ? sql_query(m, st,
					"SELECT " FACT_COLUMNS " FROM facts f NOT INDEXED WHERE f.status = ? "
					"ORDER BY f.id DESC",
					"s", fact_status_name(f->q->status))
			    : sql_query(m, st,
					"SELECT " FACT_COLUMNS " FROM facts f NOT INDEXED WHERE f.status = ? ORDER BY f.id",
					"s", fact_status_name(f->q->status));
}

static int each_streamed(memory *m, struct finder *f, int (*fn)(void *arg, const fact *f), void *arg)
{
	sqlite3_stmt *st = NULL;
	fact row;
	int rc = finder_query(m, f, f->q->newest_first, &st);

	while (!rc && (rc = sql_next(m, st)) == 1) {
		rc = finder_takes(m, f, st, &row);
		if (rc == 1)
			rc = fn(arg, &row);
	}
	sql_done(st);
	return rc;
}

/* Can what is left out be counted without looking at it? */
static bool counts_alone(const memory_query *q)
{
	return !q->words && q->edit_state == QUERY_ANY && q->since <= 0 && q->until == INT64_MAX;
}

static int count_all(memory *m, const memory_query *q, int64_t *n)
{
	int rc;

	if (q->status == QUERY_ANY)
		rc = sql_int(m, n, "SELECT count(*) FROM facts", "");
	else if (q->status == FACT_ACTIVE) /* by its index */
		rc = sql_int(m, n, "SELECT count(*) FROM facts WHERE status = 'active'", "");
	else
		rc = sql_int(m, n, "SELECT count(*) FROM facts WHERE status = ?", "s", fact_status_name(q->status));
	return rc < 0 ? rc : 0;
}

/* The newest, read backwards. */
static int newest_collect(memory *m, struct finder *f, struct list *kept)
{
	sqlite3_stmt *st = NULL;
	fact row;
	int rc = finder_query(m, f, true, &st);

	while (!rc && (rc = sql_next(m, st)) == 1) {
		rc = finder_takes(m, f, st, &row);
		if (rc == 1 && kept->n < f->q->limit) {
			rc = list_add(kept, &row);
		} else if (rc == 1) {
			f->more++;
			rc = 0;
		}
		if (kept->n == f->q->limit && counts_alone(f->q))
			break;
	}
	sql_done(st);
	return rc;
}

static int each_newest(memory *m, struct finder *f, int (*fn)(void *arg, const fact *f), void *arg)
{
	struct list kept = { .m = m };
	int64_t all = 0;
	int rc = newest_collect(m, f, &kept);

	if (!rc && counts_alone(f->q)) {
		rc = count_all(m, f->q, &all);
		f->more = (size_t)all > kept.n ? (size_t)all - kept.n : 0;
	}
	for (size_t i = 0; !rc && i < kept.n; i++)
		rc = fn(arg, &kept.all[f->q->newest_first ? i : kept.n - 1 - i]);
	facts_free(kept.all, kept.n);
	return rc;
}

int memory_each(memory *m, const memory_query *q, int (*fn)(void *arg, const fact *f), void *arg, size_t *more,
		char *err, size_t errlen)
{
	struct finder f = { .q = q };
	int rc = words_fold(m, q->words, &f.words);

	if (!rc && (!q->limit || q->edit_state != QUERY_ANY))
		rc = states_read(m, &f);
	if (!rc)
		rc = q->limit ? each_newest(m, &f, fn, arg) : each_streamed(m, &f, fn, arg);
	if (!rc && more)
		*more = f.more;
	free(f.states);
	free(f.words);
	return sql_report(m, rc, err, errlen);
}

/* ---- all of them, kept ---- */

int memory_facts(memory *m, const char *filter, bool active_only, fact **out, size_t *n, char *err,
		 size_t errlen)
{
	memory_query q = memory_query_all();
	struct list l = { .m = m };
	int rc;

	q.words = filter;
	if (active_only)
		q.status = FACT_ACTIVE;
	rc = memory_each(m, &q, list_add, &l, NULL, err, errlen);
	if (rc) {
		facts_free(l.all, l.n);
		return rc;
	}
	*out = l.all;
	*n = l.n;
	return 0;
}

/* ---- edits with their facts ---- */

/* Is the edit's row meant? 1: yes. The dates are the edit's; the state is its own, whatever came after. */
static int edit_takes(const struct finder *f, const edit_record *e, const fact *row)
{
	const memory_query *q = f->q;
	char name[64];
	char subject[sizeof(row->subject)], value[sizeof(row->value)];
	const char *in[3] = { subject, name, value };

	if (e->created < q->since || e->created >= q->until || (q->status != QUERY_ANY && row->status != q->status) ||
	    (q->edit_state != QUERY_ANY && e->state != q->edit_state))
		return 0;
	if (!f->words)
		return 1;
	fold_text(row->subject, subject, sizeof(subject));
	fold_text(row->relation, name, sizeof(name));
	fold_text(row->value, value, sizeof(value));
	return fold_has_words(f->words, in, 3);
}

static int each_edit_row(memory *m, struct finder *f, sqlite3_stmt *st,
			 int (*fn)(void *arg, const edit_record *e, const fact *f), void *arg)
{
	edit_record e;
	fact row;
	int rc = edit_read(m, st, &e);

	if (rc)
		return rc;
	fact_row(st, EDIT_N_COLUMNS, &row);
	row.edit_state = e.state;
	if (sqlite3_errcode(m->db) == SQLITE_NOMEM)
		rc = sql_error(m, SQLITE_NOMEM);
	else if (edit_takes(f, &e, &row) && f->q->limit && f->found == f->q->limit)
		f->more++;
	else if (edit_takes(f, &e, &row)) {
		f->found++;
		rc = fn(arg, &e, &row);
	}
	edit_record_release(&e);
	return rc;
}

int memory_each_edit(memory *m, bool queue_only, const memory_query *q,
		     int (*fn)(void *arg, const edit_record *e, const fact *f), void *arg, size_t *more, char *err,
		     size_t errlen)
{
	static const char all[] = "SELECT " EDIT_COLUMNS ", " FACT_COLUMNS
				  " FROM edits e JOIN facts f ON f.id = e.fact_id ORDER BY e.id DESC";
	static const char waiting[] = "SELECT " EDIT_COLUMNS ", " FACT_COLUMNS
				      " FROM edits e JOIN facts f ON f.id = e.fact_id WHERE e.state IN "
				      "('queued', 'running') AND e.model = ? ORDER BY e.state = 'queued', e.place";
	struct finder f = { .q = q };
	bool alone = !queue_only && counts_alone(q) && q->status == QUERY_ANY;
	sqlite3_stmt *st = NULL;
	int64_t n = 0;
	int rc = words_fold(m, q->words, &f.words);

	if (!rc)
		rc = queue_only ? sql_query(m, &st, waiting, "s", m->model) : sql_query(m, &st, all, "");
	while (!rc && (rc = sql_next(m, st)) == 1) {
		rc = each_edit_row(m, &f, st, fn, arg);
		if (q->limit && f.found == q->limit && alone)
			break;
	}
	sql_done(st);
	if (!rc && alone && q->limit) {
		rc = sql_int(m, &n, "SELECT count(*) FROM edits", "");
		rc = rc < 0 ? rc : 0;
		f.more = (size_t)n > f.found ? (size_t)n - f.found : 0;
	}
	if (!rc && more)
		*more = f.more;
	free(f.words);
	return sql_report(m, rc, err, errlen);
}
